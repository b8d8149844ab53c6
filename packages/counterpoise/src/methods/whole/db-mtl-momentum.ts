import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { type DbMtlOptions, dbMtlRow } from '../norms/db-mtl.js';

export interface DbMtlMomentumOptions extends DbMtlOptions {
  /** Share of the past in the gradients that are balanced, beta of the paper. Range [0, 1), default 0. */
  momentum?: number;
}

const specs = {
  ...dbMtlRow.options,
  momentum: numberOption('[0, 1)', {
    default: 0,
    unit: '1',
    summary: 'share of the past in the gradients; above 0 it needs whole gradients',
  }),
} as const satisfies SpecsOf<DbMtlMomentumOptions>;

/** What a raw gradient is multiplied by before it is tracked: then it is that of the logarithm of the loss. */
export function dbMtlScale(loss: number, epsilon: number): number {
  return 1 / (loss + epsilon);
}

/**
 * The tracked gradients y_k of the logarithms, all stretched to the longest (Lin et al. 2023, algorithm 1);
 * w_k = max_j |y_j| / (|y_k| + epsilon) s_k, as y_k follows s_k g_k. `gradientNorms` shows |y_k|.
 */
export function dbMtlMomentum(options: DbMtlMomentumOptions = {}): Method<null, 'losses' | 'gradientNorms'> {
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
      const longest = Math.max(...gradientNorms);
      const weights = active.map(({ magnitude }, k) => {
        const norm = gradientNorms[k]!;
        // A gradient that has always been 0 has nothing to stretch.
        return (norm > 0 ? longest / (norm + epsilon) : 1) * dbMtlScale(magnitude, epsilon);
      });
      return { weights, memory: null };
    },
  });
}

/** The row of both: of numbers alone without momentum, of whole gradients with it. */
export const dbMtlMomentumRow: MethodRow<DbMtlMomentumOptions, 'losses' | 'gradientNorms'> = {
  ...dbMtlRow,
  summary: 'Logarithms of the losses, their gradients stretched to the longest.',
  formula: `${dbMtlRow.formula};\nwith momentum p_k = |y_k|, y_k <- momentum y_k + (1 - momentum) g_k / (L_k + epsilon), d = sum_k gamma_k (max_j p_j) / (p_k + epsilon) y_k`,
  options: specs,
  create: dbMtlMomentum,
};
