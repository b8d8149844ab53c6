import { eigen, pseudoSolve, rankOf } from '../../linalg/eigen.js';
import { solveDefinite } from '../../linalg/solve.js';
import { gramianOfRows, type UnitRows } from '../../linalg/unit-rows.js';
import { sumOfSizes } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { type NoOptions, resolveOptions } from '../../options.js';
import { defineGramianMethod, type Solved, solveGramian } from './solve-gramian.js';

const specs = {};

/** Smallest |sum v| / sum |v| that is not taken for 0; the weights stay below its inverse. */
const SMALLEST_SUM = 1e-10;

/**
 * alpha ~ G^+ diag(G)^(1/2). Independent gradients: G v = n is C (n v) = 1 in the cosines, where lengths play no part.
 * Dependent ones: of all v with the least |G v - n| the shortest, as in TorchJD, whose direction does depend on lengths.
 */
function solve(rows: UnitRows): readonly number[] | null {
  const { norms, cosines } = rows;
  const ones = norms.map(() => 1);
  // Two independent gradients have equal entries, without the cancellation in (1 - cos) / (1 - cos^2).
  const solution = solveDefinite(cosines, ones);
  const even = solution && norms.length === 2 ? ones : solution;
  let v = even?.map((value, k) => value / norms[k]!);
  if (!v) {
    const parts = eigen(gramianOfRows(rows));
    const positive = parts.values.filter((value) => value > 0).length;
    v = pseudoSolve(parts, norms, Math.min(positive, rankOf(eigen(cosines))));
  }
  const sum = v.reduce((total, value) => total + value, 0);
  return Math.abs(sum) > SMALLEST_SUM * sumOfSizes(v) ? v.map((value) => value / sum) : null;
}

/** IMTL-G of any Gramian. */
export function imtlGWeights(gramian: Matrix): Solved {
  return solveGramian(gramian, solve);
}

/**
 * The update has equal projections on all gradients: d . g_k / |g_k| is the same for all k, and sum alpha_k = 1
 * (IMTL-G: Liu et al. 2021, section 3.1). For two gradients alpha ~ 1 / |g_k|. For three or more, weights can be negative
 * or far above 1: that is the method. So is sum v < 0, which lengths far apart can bring about, and with which the update
 * raises every loss. Where sum v is near 0 (relative) the paper has no answer; ours is alpha ~ 1 / |g_k|, with reason
 * `fallback`, where TorchJD takes 0 and stops.
 */
export function imtlG(options: NoOptions = {}): Method<null, 'gramian'> {
  return defineGramianMethod({
    name: 'imtl-g',
    specs,
    options: { ...resolveOptions('imtl-g', specs, options) },
    solve,
  });
}

export const imtlGRow: MethodRow<NoOptions, 'gramian'> = {
  name: 'imtl-g',
  family: 'gramian',
  summary: 'The update with equal projections on all gradients; weights sum to 1 and can be negative.',
  citation: 'Liu et al., Towards Impartial Multi-task Learning, ICLR 2021, openreview.net/forum?id=IMPnRXEWpvr',
  formula: 'w = gamma v / sum v, v = G^+ n, n_k = |g_k|',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: imtlG,
};
