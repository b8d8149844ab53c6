import { CANCELLED, conflictAverse } from '../../linalg/conflict-averse.js';
import { unitRows } from '../../linalg/unit-rows.js';
import { dot, multiply, sumOfSizes } from '../../linalg/vectors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { zeroGradients } from './zero-gradients.js';

const RESCALES = ['none', '1+c^2', '1+c'] as const;

export interface CagradOptions {
  /** How far d may lie from the mean gradient g0, in |g0|; 0: the mean. Range [0, inf), default 0.5 as the authors' code. */
  c?: number;
  /**
   * What d is divided by. Default `none`, as in the paper; the authors' code and LibMTL divide by 1 + c^2, the authors'
   * code for robots also by 1 + c.
   */
  rescale?: (typeof RESCALES)[number];
}

const specs = {
  c: numberOption('[0, inf)', { default: 0.5, unit: '1', summary: 'distance from the mean gradient, in its length' }),
  rescale: { type: 'choice', choices: RESCALES, default: 'none', summary: 'what the update is divided by' },
} as const satisfies SpecsOf<CagradOptions>;

/**
 * The d with |d - g0| <= c |g0| for which the task that gains least gains most, max min_k g_k . d, where g0 is the mean
 * gradient; d = g0 + c |g0| g_w / |g_w| for a convex combination g_w. Exact. Where combinations of the gradients cancel,
 * g_w = 0 can leave that formula empty: the shortest change of g0 after which no loss rises is taken then. A zero gradient
 * counts in g0 and has no say in g_w (TorchJD 0.17 stops all tasks for it).
 */
export function cagrad(options: CagradOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('cagrad', specs, options);
  const { c, rescale } = resolved;
  const divisor = rescale === 'none' ? 1 : rescale === '1+c' ? 1 + c : 1 + c * c;
  return defineMethod<null, 'gramian'>({
    name: 'cagrad',
    needs: ['gramian'],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh({ active, present, gramian }) {
      const { live, norms, cosines } = unitRows(gramian);
      const mean = 1 / present / divisor;
      const weights = active.map(() => mean);
      // K g0 in units of the longest gradient, as a combination of unit rows.
      const [longest, shortest] = [Math.max(...norms), Math.min(...norms)];
      const parts = norms.map((norm) => norm / longest);
      const pulls = multiply(cosines, parts);
      const square = dot(parts, pulls);
      const sum = sumOfSizes(parts);
      if (c > 0 && square > CANCELLED * sum * sum) {
        const length = Math.sqrt(square);
        const y = conflictAverse(
          cosines,
          norms.map((norm) => shortest / norm),
          pulls.map((pull) => pull / length),
          c,
        );
        live.forEach((k, i) => {
          weights[k]! += mean * length * y[i]! * (longest / norms[i]!);
        });
      }
      return { weights, memory: null, reasons: zeroGradients(active, live) };
    },
  });
}

export const cagradRow: MethodRow<CagradOptions, 'gramian'> = {
  name: 'cagrad',
  family: 'gramian',
  summary: 'Near the mean gradient, the update with which the task that gains least gains most.',
  citation: 'Liu et al., Conflict-Averse Gradient Descent, NeurIPS 2021, arXiv:2110.14048',
  formula: 'w_k = gamma_k (1 / K + c |g0| a_k / |g_a|), a = argmin g_a . g0 + c |g0| |g_a| over the simplex',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: cagrad,
};
