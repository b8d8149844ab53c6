import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface UncertaintySoftmaxOptions {
  /** T, in 1 / unit of the losses: the larger, the more equal the weights. Tune it per data set. Range (0, inf), default 20. */
  temperature?: number;
}

const specs = {
  temperature: numberOption('(0, inf)', {
    default: 20,
    unit: '1 / loss',
    summary: 'the larger, the more equal the weights; tune it',
  }),
} as const satisfies SpecsOf<UncertaintySoftmaxOptions>;

/**
 * UW-SO: softmax over 1 / L_k, the inverse losses being the optimum of uncertainty weighting. Its definition depends on
 * the unit of the losses: against a loss far below 1 / T the others get next to nothing, and losses far above it get equal
 * weights. UW-O, the inverse losses without softmax, is `log-sum`. A loss of 0 is left out of the softmax and weighs 1 / K.
 */
export function uncertaintySoftmax(options: UncertaintySoftmaxOptions = {}): Method<null> {
  const resolved = resolveOptions('uncertainty-softmax', specs, options);
  return defineMethod<null>({
    name: 'uncertainty-softmax',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    ...stateless,
    weigh({ active }) {
      const known = active.filter(({ magnitude }) => magnitude > 0);
      const shares = softmax(known.map(({ magnitude }) => 1 / magnitude / resolved.temperature));
      return { weights: active.map((task) => shares[known.indexOf(task)] ?? null), memory: null };
    },
  });
}

export const uncertaintySoftmaxRow: MethodRow<UncertaintySoftmaxOptions> = {
  name: 'uncertainty-softmax',
  family: 'losses',
  summary: 'Softmax of the inverse losses (UW-SO); needs a temperature that suits their units.',
  citation: 'Kirchdorfer et al., Analytical Uncertainty-Based Loss Weighting in MTL, GCPR 2024, arXiv:2408.07985',
  formula: 'w_k = gamma_k softmax_k(1 / (T L_k))',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'symmetric', 'stationary'],
  create: uncertaintySoftmax,
};
