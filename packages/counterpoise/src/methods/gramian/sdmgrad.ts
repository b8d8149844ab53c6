import { projectSimplex, type Shares, shares, sharesOf, withShares } from '../../linalg/simplex.js';
import { spread } from '../../linalg/unit-rows.js';
import { multiply } from '../../linalg/vectors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';

export interface SdmgradOptions {
  /** Pull towards the mean gradient. Range [0, inf), default 0.3 as in the authors' runs (0.6 in their class). */
  lambda?: number;
  /** Step length eta of the inner descent. Range (0, inf), default 10 as in TorchJD; LibMTL has 5. */
  learningRate?: number;
  /** Inner steps per optimiser step. Default 20. */
  iterations?: number;
  /** Of the inner descent. Range [0, 1), default 0.5. */
  momentum?: number;
  /** Added to the squared scale that J1 J2^T is divided by, in squared gradient. Default 1e-8. */
  epsilon?: number;
}

const specs = {
  lambda: numberOption('[0, inf)', { default: 0.3, unit: '1', summary: 'pull towards the mean gradient' }),
  learningRate: numberOption('(0, inf)', { default: 10, unit: '1', summary: 'step length of the inner descent' }),
  iterations: integerOption('[1, 10000]', { default: 20, unit: 'steps', summary: 'inner steps per optimiser step' }),
  momentum: numberOption('[0, 1)', { default: 0.5, unit: '1', summary: 'momentum of the inner descent' }),
  epsilon: numberOption('[1e-300, inf)', {
    default: 1e-8,
    unit: 'gradient^2',
    summary: 'added to the squared scale of the gradients',
  }),
} as const satisfies SpecsOf<SdmgradOptions>;

/**
 * From the last u, `iterations` steps of projected descent on half the squared length of sum_k (u_k + lambda / K) g_k:
 * v <- momentum v + B (u + lambda / K), u <- P(u - learningRate v), P the projection on the simplex; the weights
 * (u + lambda / K) / (1 + lambda) are for a third batch. B = J1 J2^T / (s^2 + epsilon), s the mean of the roots of the
 * positive diagonal (section 6.1 of the paper). At the usual step lengths of 5 to 10 the descent does not settle: it
 * runs between the sides of the simplex, and round-off grows some 1e8-fold. 0.1 and more iterations reach the minimum.
 */
export function sdmgrad(options: SdmgradOptions = {}): Method<Shares, 'crossGramian'> {
  const resolved = resolveOptions('sdmgrad', specs, options);
  const { lambda, learningRate, iterations, momentum, epsilon } = resolved;
  return defineMethod<Shares, 'crossGramian'>({
    name: 'sdmgrad',
    needs: ['crossGramian'],
    specs,
    options: { ...resolved },
    ...shares,
    weigh({ active, crossGramian }, memory) {
      const pull = lambda / active.length;
      // Sums in an order that does not come from the order of the tasks, or the growing round-off would show it.
      const order = active.map((_, k) => k).sort((i, j) => crossGramian[i]![i]! - crossGramian[j]![j]!);
      let root = 0;
      let largest = 0;
      for (const k of order) {
        root += Math.sqrt(Math.max(0, crossGramian[k]![k]!)) / active.length;
        for (const value of crossGramian[k]!) largest = Math.max(largest, Math.abs(value));
      }
      // The second bound acts only where the two batches disagree on every gradient, and keeps B finite there.
      const scale = Math.max(root * root + epsilon, 1e-8 * largest);
      const b = order.map((i) => order.map((j) => crossGramian[i]![j]! / scale));
      const start = sharesOf(memory, active);
      let u = order.map((k) => start[k]!);
      let velocity = u.map(() => 0);
      for (let step = 0; step < iterations; step++) {
        const point = u.map((share) => share + pull);
        const slope = multiply(b, point);
        velocity = velocity.map((v, k) => momentum * v + slope[k]!);
        u = projectSimplex(u.map((share, k) => share - learningRate * velocity[k]!));
      }
      const own = spread(u, order, u.length, 0);
      return { weights: own.map((share) => (share + pull) / (1 + lambda)), memory: withShares(memory, active, own) };
    },
  });
}

export const sdmgradRow: MethodRow<SdmgradOptions, 'crossGramian'> = {
  name: 'sdmgrad',
  family: 'gramian',
  summary: 'Short common descent direction near the mean gradient, from two independent batches.',
  citation: 'Xiao et al., Direction-oriented Multi-objective Learning, NeurIPS 2023, arXiv:2305.18409',
  formula: 'w_k = gamma_k (u_k + lambda / K) / (1 + lambda), u in the simplex, min |sum_k (u_k + lambda / K) g_k|',
  needs: ['crossGramian'],
  options: specs,
  properties: ['signed', 'symmetric', 'stationary'],
  create: sdmgrad,
};
