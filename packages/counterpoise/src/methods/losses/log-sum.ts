import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface LogSumOptions {
  /** Smallest possible value b of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
  /** Added to L - b, in the unit of the loss; the weight never exceeds gamma / epsilon. Default 1e-8. */
  epsilon?: number;
}

const specs = {
  lowerBound: numberOption('(-inf, inf)', {
    default: 0,
    perTask: true,
    unit: 'loss',
    summary: 'smallest value b the loss can have',
  }),
  epsilon: numberOption('[1e-300, inf)', { default: 1e-8, unit: 'loss', summary: 'added to L - b' }),
} as const satisfies SpecsOf<LogSumOptions>;

/**
 * The gradient of sum_k gamma_k log(L_k - b_k + eps), that is w_k = gamma_k / (L_k - b_k + eps): stateless and, for losses
 * well above eps, free of scale. The "scale-invariant" baseline of Navon et al. 2022; also the point at which
 * uncertainty weighting and IMTL-L come to rest. `total` is sum w_k L_k (about sum gamma_k), not the logarithm.
 */
export function logSum(options: LogSumOptions = {}): Method<null> {
  const resolved = resolveOptions('log-sum', specs, options);
  return defineMethod<null>({
    name: 'log-sum',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: resolved.lowerBound },
    ...stateless,
    weigh: ({ active }) => ({
      weights: active.map(({ magnitude }) => 1 / (magnitude + resolved.epsilon)),
      memory: null,
    }),
  });
}

export const logSumRow: MethodRow<LogSumOptions> = {
  name: 'log-sum',
  family: 'losses',
  summary: 'Divide each loss by itself: every task keeps a constant share; no state, nothing to tune.',
  citation:
    'Scale-invariant baseline in Navon et al., Multi-Task Learning as a Bargaining Game, ICML 2022, arXiv:2202.01017',
  formula: 'w_k = gamma_k / (L_k - b_k + epsilon)',
  needs: ['losses'],
  options: specs,
  properties: ['scaleFree', 'stateless', 'symmetric', 'stationary'],
  create: logSum,
};
