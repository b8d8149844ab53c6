import { unitRows } from '../../linalg/unit-rows.js';
import type { Matrix } from '../../matrix.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf, seedOption } from '../../options.js';
import { type RandomState, restoreRandom, seeded } from '../../random.js';
import { drawVisits, type Order, orderOption } from './visits.js';

export interface PcgradOptions {
  /** The sum (default: paper, LibMTL, TorchJD) or the mean of the projected gradients. */
  reduction?: 'sum' | 'mean';
  /** Order in which each gradient meets the others. Default `random`, as in the paper. */
  order?: Order;
  /** Start of the random numbers. Integer in [0, 2^32), default 0. */
  seed?: number;
}

const specs = {
  reduction: {
    type: 'choice',
    choices: ['sum', 'mean'],
    default: 'sum',
    summary: 'sum or mean of the projected gradients',
  },
  order: orderOption,
  seed: seedOption,
} as const satisfies SpecsOf<PcgradOptions>;

/**
 * Gradient surgery (Yu et al. 2020, algorithm 1): from a copy p of each g_i, for the others g_j in the order `visits[i]`,
 * p -= (p . g_j / |g_j|^2) g_j where p . g_j < 0. Answers the weights of sum_i p_i; zero gradients keep weight 1. Rows of p
 * are kept as coefficients of unit gradients, so that lengths play no part in what conflicts.
 */
export function projectConflicts(gramian: Matrix, visits: readonly (readonly number[])[]): number[] {
  const { live, norms, cosines } = unitRows(gramian);
  const place = new Map(live.map((k, i) => [k, i]));
  const weights = gramian.map(() => 1);
  for (const [k, i] of place) {
    const dots = [...cosines[i]!];
    for (const other of visits[k]!) {
      const j = place.get(other);
      if (j === undefined || j === i || dots[j]! >= 0) continue;
      const removed = -dots[j]!;
      weights[other]! += removed * (norms[i]! / norms[j]!);
      cosines[j]!.forEach((cosine, m) => {
        dots[m]! += removed * cosine;
      });
    }
  }
  return weights;
}

/** PCGrad: what in each gradient conflicts with another is projected away; `projectConflicts` has the formula. */
export function pcgrad(options: PcgradOptions = {}): Method<RandomState, 'gramian'> {
  const resolved = resolveOptions('pcgrad', specs, options);
  return defineMethod<RandomState, 'gramian'>({
    name: 'pcgrad',
    needs: ['gramian'],
    specs,
    options: { ...resolved },
    init: () => seeded(resolved.seed),
    restore: (_tasks, memory) => restoreRandom(memory, '"state"'),
    weigh({ gramian, present }, memory) {
      const [visits, next] = drawVisits(resolved.order, gramian.length, memory);
      const divisor = resolved.reduction === 'mean' ? present : 1;
      return { weights: projectConflicts(gramian, visits).map((weight) => weight / divisor), memory: next };
    },
  });
}

export const pcgradRow: MethodRow<PcgradOptions, 'gramian'> = {
  name: 'pcgrad',
  family: 'gramian',
  summary: 'Gradient surgery: each gradient loses its component against every other it conflicts with.',
  citation: 'Yu et al., Gradient Surgery for Multi-Task Learning, NeurIPS 2020, arXiv:2001.06782',
  formula: 'w: sum_i p_i = sum_k w_k g_k; p_i = g_i, for j != i: p_i -= min(0, p_i . g_j) g_j / |g_j|^2',
  needs: ['gramian'],
  options: specs,
  properties: ['signed', 'linear', 'stationary'],
  create: pcgrad,
};
