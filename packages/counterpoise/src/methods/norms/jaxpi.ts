import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type RefreshMemory, refreshed } from './refresh.js';

export interface JaxpiOptions {
  /** Share of the old weight that an update keeps. Range [0, 1), default 0.9. */
  momentum?: number;
  /** Steps from one update of the weights to the next. Default 1000, as in jaxpi. */
  every?: number;
  /** Added to each norm, as a share of the mean norm: no new weight exceeds its inverse. Range [1e-12, 1], default 1e-5. */
  relativeEpsilon?: number;
}

const specs = {
  momentum: numberOption('[0, 1)', {
    default: 0.9,
    unit: '1',
    summary: 'share of the old weight that an update keeps',
  }),
  every: integerOption('[1, inf)', { default: 1000, unit: 'steps', summary: 'steps from one update to the next' }),
  relativeEpsilon: numberOption('[1e-12, 1]', {
    default: 1e-5,
    unit: '1',
    summary: 'added to each norm, as a share of the mean norm',
  }),
} as const satisfies SpecsOf<JaxpiOptions>;

/**
 * The scheme `grad_norm` of jaxpi: w_k <- momentum w_k + (1 - momentum) mean_j |g_j| / (|g_k| + epsilon mean_j |g_j|).
 * The code starts from weights in its configuration (1) and mixes in a tenth of the ratio at step 0; here the first
 * ratio counts in full, or the first 1000 steps would run all but unbalanced. A zero gradient changes no weight of its own.
 * But for epsilon the update is mean_j |g_j| times a sum of unit vectors: linear in the lengths.
 */
export function jaxpi(options: JaxpiOptions = {}): Method<RefreshMemory, 'gradientNorms'> {
  const resolved = resolveOptions('jaxpi', specs, options);
  const { init, restore, refresh } = refreshed(resolved.every, 1 - resolved.momentum);
  return defineMethod<RefreshMemory, 'gradientNorms'>({
    name: 'jaxpi',
    needs: ['gradientNorms'],
    specs,
    options: { ...resolved },
    init,
    restore,
    weigh({ active, gradientNorms }, memory) {
      const mean = gradientNorms.reduce((sum, norm) => sum + norm / active.length, 0);
      return refresh(active, memory, (i) => {
        const norm = gradientNorms[i]!;
        return norm > 0 ? 1 / (norm / mean + resolved.relativeEpsilon) : null;
      });
    },
  });
}

export const jaxpiRow: MethodRow<JaxpiOptions, 'gradientNorms'> = {
  name: 'jaxpi',
  family: 'norms',
  summary: 'Mean gradient norm over own norm, smoothed and seldom updated: for physics-informed networks.',
  citation: "Wang et al., An Expert's Guide to Training Physics-informed Neural Networks, 2023, arXiv:2308.08468",
  formula: 'w_k = gamma_k v_k, v_k <- momentum v_k + (1 - momentum) mean_j |g_j| / |g_k| every N steps',
  needs: ['gradientNorms'],
  options: specs,
  properties: ['signed', 'symmetric', 'linear', 'stationary'],
  create: jaxpi,
};
