import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type RefreshMemory, refreshed } from './refresh.js';

type Norms = 'gradientNorms' | 'gradientMax' | 'gradientMean';

export interface PinnAnnealingOptions {
  /** The loss of weight 1, the residual of the equation. Default null: the first loss. */
  reference?: string | null;
  /**
   * `norm` (default): |g_r| / |g_k|, from `gradientNorms`. `max-mean`, the paper's: max |g_r| / mean |g_k| over the entries,
   * from `gradientMax` and `gradientMean`.
   */
  statistic?: 'norm' | 'max-mean';
  /** Share of the new ratio in an update. Range (0, 1], default 0.1. */
  alpha?: number;
  /** Steps from one update of the weights to the next. Default 10, as in the authors' code. */
  every?: number;
  /** Smallest size that is divided by, as a share of that of the reference. Range [1e-100, 1], default 1e-12. */
  relativeEpsilon?: number;
}

const specs = {
  reference: { type: 'task', default: null, summary: 'the loss of weight 1, the residual; if not given, the first' },
  statistic: {
    type: 'choice',
    choices: ['norm', 'max-mean'],
    default: 'norm',
    summary: 'ratio of the norms, or of the largest entry of the reference to the mean entry',
  },
  alpha: numberOption('(0, 1]', { default: 0.1, unit: '1', summary: 'share of the new ratio in an update' }),
  every: integerOption('[1, inf)', { default: 10, unit: 'steps', summary: 'steps from one update to the next' }),
  relativeEpsilon: numberOption('[1e-100, 1]', {
    default: 1e-12,
    unit: '1',
    summary: 'smallest size divided by, as a share of that of the reference',
  }),
} as const satisfies SpecsOf<PinnAnnealingOptions>;

/**
 * w_k <- (1 - alpha) w_k + alpha |g_r| / |g_k|, r the reference, whose weight is 1. The paper writes this with alpha and
 * recommends 0.9 for it; its code keeps 0.9 of the OLD weight, that is alpha = 0.1, the default here. Both start from
 * weights of 1; here the first ratio counts in full. A step in which the reference or the task has a zero gradient, or
 * the reference is absent, changes no weight.
 */
export function pinnAnnealing(
  options?: PinnAnnealingOptions & { statistic?: 'norm' },
): Method<RefreshMemory, 'gradientNorms'>;
export function pinnAnnealing(
  options: PinnAnnealingOptions & { statistic: 'max-mean' },
): Method<RefreshMemory, 'gradientMax' | 'gradientMean'>;
export function pinnAnnealing(options: PinnAnnealingOptions): Method<RefreshMemory, Norms>;
export function pinnAnnealing(options: PinnAnnealingOptions = {}): Method<RefreshMemory, Norms> {
  const resolved = resolveOptions('pinn-annealing', specs, options);
  const { reference, statistic, relativeEpsilon } = resolved;
  const { init, restore, refresh } = refreshed(resolved.every, resolved.alpha);
  const byNorm = statistic === 'norm';
  return defineMethod<RefreshMemory, Norms>({
    name: 'pinn-annealing',
    needs: byNorm ? ['gradientNorms'] : ['gradientMax', 'gradientMean'],
    specs,
    options: { ...resolved },
    init,
    restore,
    weigh({ active, gradientNorms, gradientMax, gradientMean }, memory) {
      const at = active.findIndex(({ task, index }) => (reference === null ? index === 0 : task === reference));
      const top = (byNorm ? gradientNorms : gradientMax)[at] ?? 0;
      const sizes = byNorm ? gradientNorms : gradientMean;
      return refresh(active, memory, (i) => {
        if (i === at) return 1;
        return top > 0 && sizes[i]! > 0 ? 1 / Math.max(sizes[i]! / top, relativeEpsilon) : null;
      });
    },
  });
}

export const pinnAnnealingRow: MethodRow<PinnAnnealingOptions, Norms> = {
  name: 'pinn-annealing',
  family: 'norms',
  summary: 'Matches the gradient of each boundary or data loss to that of the residual: for PINNs.',
  citation: 'Wang, Teng & Perdikaris, Gradient Flow Pathologies in PINNs, SIAM J. Sci. Comput. 2021, arXiv:2001.04536',
  formula: 'w_r = gamma_r; w_k = gamma_k v_k, v_k <- (1 - alpha) v_k + alpha |g_r| / |g_k| every N steps',
  needs: ['gradientNorms'],
  options: specs,
  properties: ['signed', 'linear', 'stationary'],
  create: pinnAnnealing,
};
