import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { type NoOptions, resolveOptions } from '../../options.js';
import { stateless } from '../../stateless.js';

/** w_k = gamma_k / K over the K tasks present. Under SGD this is `sum` with a K times smaller learning rate. */
export function mean(options: NoOptions = {}): Method<null> {
  return defineMethod<null>({
    name: 'mean',
    needs: [],
    specs: {},
    options: resolveOptions<NoOptions>('mean', {}, options),
    ...stateless,
    weigh: ({ active, present }) => ({ weights: active.map(() => 1 / present), memory: null }),
  });
}

export const meanRow: MethodRow<NoOptions> = {
  name: 'mean',
  family: 'fixed',
  summary: 'Mean over the losses that are present, times their priorities.',
  citation:
    'Kurin et al., In Defense of the Unitary Scalarization for Deep Multi-Task Learning, NeurIPS 2022, arXiv:2201.04122',
  formula: 'w_k = gamma_k / K',
  needs: [],
  options: {},
  properties: ['stateless', 'signed', 'symmetric', 'linear', 'stationary'],
  create: mean,
};
