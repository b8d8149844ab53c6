import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { aCount, aSize, perTask, recordOf } from '../../shapes.js';

export interface CovOptions {
  /** Share d of the old means in the new ones. Range (0, 1). Default null: means of the whole history, d = 1 - 1 / n. */
  decay?: number | null;
}

const specs = {
  decay: numberOption('(0, 1)', {
    default: null,
    unit: '1',
    summary: 'share of the old means in the new ones; if not given, means of the whole history',
  }),
} as const satisfies SpecsOf<CovOptions>;

/** The losses of one task so far. */
type History = {
  readonly count: number;
  readonly loss: number;
  readonly ratio: number;
  /** Sum of squares of the ratios about their mean. */
  readonly squares: number;
};

const LARGEST_RATIO = 1e100;
const SMALLEST_MEAN = 1e-100;

function record({ count, loss, ratio, squares }: History, now: number, decay: number | null): History {
  const keep = count === 0 ? 0 : (decay ?? 1 - 1 / (count + 1));
  // Without a positive loss before, nothing to compare with: as in the first step.
  const current = loss > 0 ? Math.min(now / loss, LARGEST_RATIO) : 1;
  return {
    count: count + 1,
    loss: keep * loss + (1 - keep) * now,
    ratio: keep * ratio + (1 - keep) * current,
    // Welford's (l - old mean)(l - new mean), in a form that round-off cannot make negative.
    squares: squares + keep * (current - ratio) ** 2,
  };
}

/** sigma / mu of the ratios. The 1e-8 is the authors': losses that never change get equal weights, not 0 / 0. */
function variation({ count, ratio, squares }: History): number {
  return Math.sqrt(squares / count + 1e-8) / Math.max(ratio, SMALLEST_MEAN);
}

/**
 * CoV-Weighting: a task weighs by the coefficient of variation sigma / mu of its loss ratios l_k = L_k / mean(L_k before),
 * both over the steps before this one. While a task has fewer than two of them it weighs 1 / K, and the others share the
 * rest. The weights multiply the raw losses: the method finds what still moves, it does not remove scale (put a
 * normalisation before it). With `decay` the squares are still summed over all steps, as in the authors' code.
 */
export function cov(options: CovOptions = {}): Method<readonly History[]> {
  const { decay } = resolveOptions('cov', specs, options);
  return defineMethod<readonly History[]>({
    name: 'cov',
    needs: ['losses'],
    specs,
    options: { decay },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => tasks.map(() => ({ count: 0, loss: 0, ratio: 0, squares: 0 })),
    restore: (tasks, memory) =>
      perTask(tasks, memory, recordOf<History>({ count: aCount, loss: aSize, ratio: aSize, squares: aSize })),
    weigh({ active, present }, memory) {
      const next = [...memory];
      const variations = active.map(({ index, magnitude }) => {
        const before = memory[index] as History;
        next[index] = record(before, magnitude, decay);
        return before.count < 2 ? null : variation(before);
      });
      const known = variations.filter((value) => value !== null);
      const share = known.length / known.reduce((sum, value) => sum + value, 0) / present;
      return { weights: variations.map((value) => (value === null ? 1 / present : value * share)), memory: next };
    },
  });
}

export const covRow: MethodRow<CovOptions> = {
  name: 'cov',
  family: 'losses',
  summary: 'Weigh each loss by how much it still varies: sigma / mu of its ratios to its own mean.',
  citation: 'Groenendijk et al., Multi-Loss Weighting with Coefficient of Variations, WACV 2021, arXiv:2009.01717',
  formula: 'w_k = gamma_k c_k / sum_j c_j, c = sigma(l) / mu(l), l = L / mean of L before',
  needs: ['losses'],
  options: specs,
  properties: ['symmetric', 'linear', 'stationary'],
  create: cov,
};
