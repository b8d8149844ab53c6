import { dot, multiply } from '../../linalg/vectors.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { fairPoint } from './fair-point.js';
import { defineGramianMethod } from './solve-gramian.js';

export interface NashMtlOptions {
  /**
   * Largest length of the update, in no unit: the bargaining point has length sqrt(K) whatever the lengths of the
   * gradients. Range (0, inf), default `null`: not shortened, as in the paper; 1 in the authors' code, LibMTL and TorchJD.
   */
  maxNorm?: number | null;
}

const specs = {
  maxNorm: numberOption('(0, inf)', {
    default: null,
    unit: '1',
    summary: 'largest length of the update, which is sqrt(K) without it; 1 in the reference codes',
  }),
} as const satisfies SpecsOf<NashMtlOptions>;

/**
 * The Nash bargaining point: alpha > 0 with (G alpha)_k = 1 / alpha_k, which maximises sum_k log(g_k . d) over the ball
 * |d|^2 = K (Navon et al. 2022, claim 3.1). For two gradients alpha_k = 1 / (|g_k| sqrt(1 + cos)). Ours is the exact point,
 * solved anew at each step; the authors' code stops at 20 rough iterations and keeps the last weights where they fail.
 * Where 0 is in the hull of the gradients there is none: alpha_k = 1 / |g_k|, with reason `fallback`.
 */
export function nashMtl(options: NashMtlOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('nash-mtl', specs, options);
  return defineGramianMethod({
    name: 'nash-mtl',
    specs,
    options: { ...resolved },
    solve(rows) {
      const weights = fairPoint(rows, 1);
      const { maxNorm } = resolved;
      if (!weights || maxNorm === null) return weights;
      const beta = weights.map((value, k) => value * rows.norms[k]!);
      const length = Math.sqrt(dot(beta, multiply(rows.cosines, beta)));
      return weights.map((value) => value * Math.min(1, maxNorm / length));
    },
  });
}

export const nashMtlRow: MethodRow<NashMtlOptions, 'gramian'> = {
  name: 'nash-mtl',
  family: 'gramian',
  summary: 'Nash bargaining: the update that no loss can gain from without costing others relatively more.',
  citation: 'Navon et al., Multi-Task Learning as a Bargaining Game, ICML 2022, arXiv:2202.01017',
  formula: 'w = gamma alpha, alpha > 0 with (G alpha)_k = 1 / alpha_k',
  needs: ['gramian'],
  options: specs,
  properties: ['scaleFree', 'stateless', 'signed', 'symmetric', 'nonConflicting', 'stationary'],
  create: nashMtl,
};
