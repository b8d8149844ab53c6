import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { fairPoint } from './fair-point.js';
import { defineGramianMethod } from './solve-gramian.js';

export interface FairgradOptions {
  /**
   * Kind of fairness a: 1 is proportional fairness (`nash-mtl`), towards 0 the plain sum, larger values towards the
   * task that gains least. Range [0.1, 10], default 2, as in all published runs (1 in the defaults of the code).
   */
  alpha?: number;
}

const specs = {
  alpha: numberOption('[0.1, 10]', {
    default: 2,
    unit: '1',
    summary: 'kind of fairness: 1 is nash-mtl, towards 0 the plain sum, upwards the task that gains least',
  }),
} as const satisfies SpecsOf<FairgradOptions>;

/**
 * alpha-fair update: weights x > 0 with (G x)_k = x_k^(-1/a), which maximises sum_k (g_k . d)^(1-a) / (1-a) over a ball
 * (Ban & Ji 2024, equation 8). Solved exactly, where the authors' code takes a general least-squares search. The weights
 * depend on the units of the losses unless a = 1. Where 0 is in the hull of the gradients there is no solution:
 * x_k = |g_k|^(-2a/(1+a)), with reason `fallback`.
 */
export function fairgrad(options: FairgradOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('fairgrad', specs, options);
  return defineGramianMethod({
    name: 'fairgrad',
    specs,
    options: { ...resolved },
    solve: (rows) => fairPoint(rows, resolved.alpha),
  });
}

export const fairgradRow: MethodRow<FairgradOptions, 'gramian'> = {
  name: 'fairgrad',
  family: 'gramian',
  summary: 'alpha-fair shares of the progress: from the plain sum through Nash bargaining to the worst task.',
  citation: 'Ban & Ji, Fair Resource Allocation in Multi-Task Learning, ICML 2024, arXiv:2402.15638',
  formula: 'w = gamma x, x > 0 with (G x)_k = x_k^(-1 / alpha)',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'nonConflicting', 'stationary'],
  create: fairgrad,
};
