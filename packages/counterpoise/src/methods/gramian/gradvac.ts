import { ROUND_OFF } from '../../linalg/eigen.js';
import { unitRows } from '../../linalg/unit-rows.js';
import { dot, sumOfSizes } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf, seedOption } from '../../options.js';
import { type RandomState, restoreRandom, seeded } from '../../random.js';
import { aCosine, listOf, recordOf } from '../../shapes.js';
import { drawVisits, type Order, orderOption } from './visits.js';

export interface GradvacOptions {
  /** Share of the current cosine in its moving average, the target. Range [0, 1], default 0.5 as in LibMTL and TorchJD; paper: 1e-2. */
  beta?: number;
  /** Added to denominators, in the unit of the gradients. Range [0, inf), default 0; 1e-8 in LibMTL and TorchJD. */
  epsilon?: number;
  /** Order in which each gradient meets the others. Default `random`, as in the paper. */
  order?: Order;
  /** Start of the random numbers. Integer in [0, 2^32), default 0. */
  seed?: number;
}

const specs = {
  beta: numberOption('[0, 1]', { default: 0.5, unit: '1', summary: 'share of the current cosine in the target' }),
  epsilon: numberOption('[0, inf)', { default: 0, unit: 'gradient', summary: 'added to denominators' }),
  order: orderOption,
  seed: seedOption,
} as const satisfies SpecsOf<GradvacOptions>;

/** `targets[i][j]`: moving average of the cosine between gradient i, as bent so far, and gradient j. */
export type GradvacMemory = { readonly random: RandomState; readonly targets: Matrix };

/**
 * A pair that has long been parallel has the target 1, which no finite multiple of g_j reaches. This one is within 1000
 * lengths of g_i.
 */
const LARGEST_TARGET = 1 - 5e-7;

/**
 * Gradient vaccine (Wang et al. 2021, algorithm 1): from a copy p of each g_i, for the others g_j in the order `visits[i]`,
 * with phi = cos(p, g_j) and its target t, where phi < t:
 * p += g_j |p| (t sqrt(1 - phi^2) - phi sqrt(1 - t^2)) / (|g_j| sqrt(1 - t^2)), which makes the cosine t;
 * then t <- (1 - beta) t + beta phi. Answers the weights of sum_i p_i and the new targets. Zero gradients keep weight 1.
 */
export function vaccinate(
  gramian: Matrix,
  visits: readonly (readonly number[])[],
  targets: Matrix,
  { beta, epsilon }: Readonly<Record<'beta' | 'epsilon', number>>,
): { readonly weights: number[]; readonly targets: number[][] } {
  const { live, norms, cosines } = unitRows(gramian);
  const place = new Map(live.map((k, i) => [k, i]));
  const weights = gramian.map(() => 1);
  const next = targets.map((row) => [...row]);
  for (const [k, i] of place) {
    // p as coefficients of unit gradients, and its dot products with them, in lengths of g_i.
    const parts = norms.map((_, j) => (i === j ? 1 : 0));
    const dots = [...cosines[i]!];
    for (const other of visits[k]!) {
      const j = place.get(other);
      if (j === undefined || j === i) continue;
      // What the corrections have cancelled to round-off has no direction left.
      const square = dot(parts, dots);
      const length = square > ROUND_OFF * norms.length * sumOfSizes(parts) ** 2 ? Math.sqrt(square) : 0;
      const product = norms[i]! * norms[j]!;
      const phi = length > 0 ? clamp(dots[j]! / (length + epsilon / product)) : 0;
      const usual = next[k]![other]!;
      const target = Math.min(usual, LARGEST_TARGET);
      if (phi < target) {
        const [sine, targetSine] = [Math.sqrt(1 - phi * phi), Math.sqrt(1 - target * target)];
        const more = (length * (target * sine - phi * targetSine)) / (targetSine + epsilon / norms[j]!);
        parts[j]! += more;
        cosines[j]!.forEach((cosine, m) => {
          dots[m]! += more * cosine;
        });
        weights[other]! += more * (norms[i]! / norms[j]!);
      }
      // JSON turns -0 into 0; adding 0 does so before it can reach a state.
      next[k]![other] = (1 - beta) * usual + beta * phi + 0;
    }
  }
  return { weights, targets: next };
}

function clamp(cosine: number): number {
  return Math.max(-1, Math.min(1, cosine));
}

/** GradVac: gradients are turned towards each other up to the cosine they usually have; `vaccinate` has the formula. */
export function gradvac(options: GradvacOptions = {}): Method<GradvacMemory, 'gramian'> {
  const resolved = resolveOptions('gradvac', specs, options);
  return defineMethod<GradvacMemory, 'gramian'>({
    name: 'gradvac',
    needs: ['gramian'],
    specs,
    options: { ...resolved },
    init: (tasks) => ({ random: seeded(resolved.seed), targets: tasks.map(() => tasks.map(() => 0)) }),
    restore: (tasks, memory) =>
      recordOf<GradvacMemory>({
        random: restoreRandom,
        targets: listOf(tasks.length, listOf(tasks.length, aCosine)),
      })(memory, '"state"'),
    weigh({ active, gramian }, memory) {
      const [visits, random] = drawVisits(resolved.order, active.length, memory.random);
      const own = active.map((row) => active.map((column) => memory.targets[row.index]![column.index]!));
      const { weights, targets } = vaccinate(gramian, visits, own, resolved);
      const merged = memory.targets.map((row) => [...row]);
      active.forEach((row, i) => {
        active.forEach((column, j) => {
          merged[row.index]![column.index] = targets[i]![j]!;
        });
      });
      return { weights, memory: { random, targets: merged } };
    },
  });
}

export const gradvacRow: MethodRow<GradvacOptions, 'gramian'> = {
  name: 'gradvac',
  family: 'gramian',
  summary: 'Turns gradients towards each other up to the cosine that each pair usually has.',
  citation: 'Wang et al., Gradient Vaccine, ICLR 2021, arXiv:2010.05874',
  formula: 'w: sum_i p_i = sum_k w_k g_k; p_i = g_i + sum_j c_ij g_j, so that cos(p_i, g_j) >= its moving average',
  needs: ['gramian'],
  options: specs,
  properties: ['signed', 'linear', 'stationary'],
  create: gradvac,
};
