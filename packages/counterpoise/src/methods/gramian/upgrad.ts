import { shortestNnls } from '../../linalg/shortest-nnls.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { type DualConeOptions, defineDualConeMethod, dualConeSpecs } from './dual-cone.js';

export type UpgradOptions = DualConeOptions;

/**
 * Each gradient is projected on the dual cone by itself, d = sum_i u_i P(g_i): no loss rises, and d is linear in the
 * length of every gradient. On unit rows the projections do not depend on the lengths at all.
 */
export function upgrad(options: UpgradOptions = {}): Method<null, 'gramian'> {
  return defineDualConeMethod('upgrad', resolveOptions('upgrad', dualConeSpecs, options), (cosines, f) => {
    const solve = shortestNnls(cosines);
    const sum = f.map(() => 0);
    for (const [i, row] of cosines.entries()) {
      const y = solve(row.map((value) => -value));
      for (const [k, value] of y.entries()) sum[k]! += f[i]! * value;
    }
    return sum;
  });
}

export const upgradRow: MethodRow<UpgradOptions, 'gramian'> = {
  name: 'upgrad',
  family: 'gramian',
  summary: 'Bends each gradient until it raises no loss, then adds them: no conflict, linear in each gradient.',
  citation: 'Quinton & Rey, Jacobian Descent for Multi-Objective Optimization, 2024, arXiv:2406.16232',
  formula: 'w = gamma sum_i argmin v^T G v over v >= u_i e_i',
  needs: ['gramian'],
  options: dualConeSpecs,
  properties: ['stateless', 'signed', 'symmetric', 'linear', 'nonConflicting', 'stationary'],
  create: upgrad,
};
