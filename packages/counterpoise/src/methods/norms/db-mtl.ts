import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import type { Reason } from '../../screen.js';
import { stateless } from '../../stateless.js';

export interface DbMtlOptions {
  /** Added to each loss, in its unit, and to the norm of the gradient of its logarithm. Default 1e-8. */
  epsilon?: number;
}

const specs = {
  epsilon: numberOption('[1e-300, inf)', {
    default: 1e-8,
    unit: 'loss',
    summary: 'added to each loss and to the norm of the gradient of its logarithm',
  }),
} as const satisfies SpecsOf<DbMtlOptions>;

/**
 * DB-MTL with beta 0: the gradients g_k / (L_k + epsilon) of the logarithms, all stretched to the longest of them,
 * p_k = |g_k| / (L_k + epsilon), w_k = max_j p_j / (p_k + epsilon) / (L_k + epsilon). The paper's moving average over
 * gradients (beta > 0) cannot be had from norms. A zero gradient has nothing to stretch: its weight is 1 / (L_k + epsilon).
 */
export function dbMtl(options: DbMtlOptions = {}): Method<null, 'losses' | 'gradientNorms'> {
  const resolved = resolveOptions('db-mtl', specs, options);
  const { epsilon } = resolved;
  return defineMethod<null, 'losses' | 'gradientNorms'>({
    name: 'db-mtl',
    needs: ['losses', 'gradientNorms'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    ...stateless,
    weigh({ active, gradientNorms }) {
      const sizes = active.map(({ magnitude }) => magnitude + epsilon);
      const relative = sizes.map((size, i) => gradientNorms[i]! / size);
      const longest = Math.max(...relative);
      const reasons: Record<string, Reason> = {};
      const weights = sizes.map((size, i) => {
        if (gradientNorms[i]! > 0) return longest / (relative[i]! + epsilon) / size;
        const { task } = active[i]!;
        reasons[task] = { code: 'no-gradient', message: `the gradient of loss "${task}" is 0: its weight is 1 / loss` };
        return 1 / size;
      });
      return { weights, memory: null, reasons };
    },
  });
}

export const dbMtlRow: MethodRow<DbMtlOptions, 'losses' | 'gradientNorms'> = {
  name: 'db-mtl',
  family: 'norms',
  summary: 'Logarithms of the losses, their gradients stretched to the longest; beta = 0.',
  citation: 'Lin et al., Dual-Balancing for Multi-Task Learning, 2023, arXiv:2308.12029',
  formula: 'w_k = gamma_k (max_j p_j) / (p_k + epsilon) / (L_k + epsilon), p_k = |g_k| / (L_k + epsilon)',
  needs: ['losses', 'gradientNorms'],
  options: specs,
  properties: ['scaleFree', 'stateless', 'symmetric', 'stationary'],
  create: dbMtl,
};
