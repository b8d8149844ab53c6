import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { type NoOptions, resolveOptions } from '../../options.js';
import { stateless } from '../../stateless.js';

/** w_k = gamma_k: the plain (prioritised) sum, "unitary scalarization" of Kurin et al. 2022. */
export function sum(options: NoOptions = {}): Method<null> {
  return defineMethod<null>({
    name: 'sum',
    needs: [],
    specs: {},
    options: resolveOptions<NoOptions>('sum', {}, options),
    ...stateless,
    weigh: ({ active }) => ({ weights: active.map(() => 1), memory: null }),
  });
}

export const sumRow: MethodRow<NoOptions> = {
  name: 'sum',
  family: 'fixed',
  summary: 'Plain sum of the losses times their priorities; the baseline.',
  citation:
    'Kurin et al., In Defense of the Unitary Scalarization for Deep Multi-Task Learning, NeurIPS 2022, arXiv:2201.04122',
  formula: 'w_k = gamma_k',
  needs: [],
  options: {},
  properties: ['stateless', 'signed', 'symmetric', 'linear', 'stationary'],
  create: sum,
};
