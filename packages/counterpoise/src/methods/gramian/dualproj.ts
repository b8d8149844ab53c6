import { shortestNnls } from '../../linalg/shortest-nnls.js';
import { multiply } from '../../linalg/vectors.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { type DualConeOptions, defineDualConeMethod, dualConeSpecs } from './dual-cone.js';

export type DualprojOptions = DualConeOptions;

/** The point of the dual cone nearest to sum_k u_k g_k: the least change after which no loss rises. */
export function dualproj(options: DualprojOptions = {}): Method<null, 'gramian'> {
  return defineDualConeMethod('dualproj', resolveOptions('dualproj', dualConeSpecs, options), (cosines, f) => {
    return shortestNnls(cosines)(multiply(cosines, f).map((value) => -value));
  });
}

export const dualprojRow: MethodRow<DualprojOptions, 'gramian'> = {
  name: 'dualproj',
  family: 'gramian',
  summary: 'Bends the mean gradient as little as it takes to raise no loss (GEM).',
  citation: 'Lopez-Paz & Ranzato, Gradient Episodic Memory, NeurIPS 2017, arXiv:1706.08840',
  formula: 'w = gamma argmin v^T G v over v >= u',
  needs: ['gramian'],
  options: dualConeSpecs,
  properties: ['stateless', 'signed', 'symmetric', 'nonConflicting', 'stationary'],
  create: dualproj,
};
