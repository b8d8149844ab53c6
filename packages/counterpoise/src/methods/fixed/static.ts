import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { forTask, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface StaticOptions {
  /** Weight of each loss, for every loss (or one number for all). Any sign; in 1 / unit of the loss. Required. */
  weights: PerTask;
}

const specs = {
  weights: numberOption('(-inf, inf)', {
    default: null,
    required: true,
    perTask: true,
    unit: '1 / loss',
    summary: 'weight of each loss, such as class:1,box:0.001',
  }),
} as const satisfies SpecsOf<StaticOptions>;

/**
 * w_k = gamma_k c_k with weights c_k chosen by hand or by search. Tuned static weights are hard to beat
 * (Xin et al. 2022: published gains of adaptive methods came from under-tuned static baselines).
 */
export function staticWeights(options: StaticOptions): Method<null> {
  const resolved = resolveOptions('static', specs, options);
  return defineMethod<null>({
    name: 'static',
    needs: [],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh: ({ active }) => ({
      weights: active.map(({ task }) => forTask(resolved.weights, task, 0)),
      memory: null,
    }),
  });
}

export const staticRow: MethodRow<StaticOptions> = {
  name: 'static',
  family: 'fixed',
  summary: 'Fixed weights of your choice; well tuned, the one to beat.',
  citation:
    'Xin et al., Do Current Multi-Task Optimization Methods in Deep Learning Even Help?, NeurIPS 2022, arXiv:2209.11379',
  formula: 'w_k = gamma_k * weights_k',
  needs: [],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'linear', 'stationary'],
  create: staticWeights,
};
