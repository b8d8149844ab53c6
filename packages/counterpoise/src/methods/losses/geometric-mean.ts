import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface GeometricMeanOptions {
  /** Smallest possible value b of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
  /** Added to L - b, in the unit of the loss, so that a loss near its bound cannot stop the others. Range [0, inf), default 0. */
  epsilon?: number;
}

const specs = {
  lowerBound: numberOption('(-inf, inf)', {
    default: 0,
    perTask: true,
    unit: 'loss',
    summary: 'smallest value b the loss can have',
  }),
  epsilon: numberOption('[0, inf)', { default: 0, unit: 'loss', summary: 'added to L - b' }),
} as const satisfies SpecsOf<GeometricMeanOptions>;

/** exp(700) is about 1e304: where sizes lie so far apart that a weight would leave the doubles, it stays at this. */
const LARGEST_LOG = 700;

/**
 * The gradient of M = (prod_k D_k)^(1/K), D_k = L_k - b_k + epsilon, that is w_k = M / (K D_k): the direction of `log-sum`
 * times M / K, which keeps the unit of a loss and falls with the losses. A task with D_k = 0 would make M and all other
 * weights 0: it is left out of M and weighs 1 / K. But M falls with a task that comes close to 0, and all others slow
 * down with it: set `epsilon`, or take `log-sum`. In logarithms, so no product of many losses over- or underflows
 * (LibMTL multiplies them, and reports other weights than it uses).
 */
export function geometricMean(options: GeometricMeanOptions = {}): Method<null> {
  const resolved = resolveOptions('geometric-mean', specs, options);
  return defineMethod<null>({
    name: 'geometric-mean',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: resolved.lowerBound },
    ...stateless,
    weigh({ active }) {
      const logs = active.map(({ magnitude }) => Math.log(magnitude + resolved.epsilon));
      const known = logs.filter((log) => log > Number.NEGATIVE_INFINITY);
      const mean = known.reduce((sum, log) => sum + log, 0) / known.length;
      const weights = logs.map((log) =>
        log > Number.NEGATIVE_INFINITY ? Math.exp(Math.min(mean - log, LARGEST_LOG)) / known.length : null,
      );
      return { weights, memory: null };
    },
  });
}

export const geometricMeanRow: MethodRow<GeometricMeanOptions> = {
  name: 'geometric-mean',
  family: 'losses',
  summary: 'Geometric mean of the losses: the shares of log-sum, with an overall factor that falls with the losses.',
  citation: 'Chennupati et al., MultiNet++, CVPR Workshops 2019, arXiv:1904.08492',
  formula: 'w_k = gamma_k M / (K D_k), D_k = L_k - b_k + epsilon, M = (prod_j D_j)^(1/K)',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'symmetric', 'stationary'],
  create: geometricMean,
};
