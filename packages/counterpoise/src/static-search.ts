/**
 * The honest baseline: fixed weights, found by search or taken from a run of an adaptive method. Tuned static weights tie
 * with or beat most adaptive methods (Kurin et al. 2022, arXiv:2201.04122; Xin et al. 2022, arXiv:2209.11379).
 */
import { CounterpoiseError } from './errors.js';
import { isRecord, sameJson, show } from './json.js';
import { logGrid } from './methods/fixed/grid.js';
import { checkTasks } from './screen.js';

export type StaticWeights = Readonly<Record<string, number>>;

/** Weights and what came of them. */
export interface StaticTrial {
  readonly weights: StaticWeights;
  /** Lower is better; NaN is worse than anything (a run that diverged). */
  readonly score: number;
}

export interface StaticSearchOptions {
  /** Names of the losses. */
  readonly tasks: readonly string[];
  /** Trains with these weights. @returns the score, lower is better; NaN or infinity for a run that diverged. */
  readonly evaluate: (weights: StaticWeights) => number | Promise<number>;
  /** What is tried first, such as `simplexGrid(tasks, 10)`. Default: `logGrid` with the ratios 0.001, 0.01, ..., 1000. */
  readonly points?: readonly StaticWeights[];
  /**
   * Rounds after that, integer in [0, inf), default 0. Each tries every weight but the first times and divided by a factor, round
   * the best so far. The factor is sqrt(10) at first, and becomes its own root after a round without a better point.
   */
  readonly refinements?: number;
  /** Trials of an interrupted search: they are not evaluated again. The answer is that of the whole search. */
  readonly known?: readonly StaticTrial[];
  /** Evaluations at the same time, integer in [1, inf) or Infinity, default 1; it does not change the answer. */
  readonly concurrency?: number;
}

const DEFAULT_RATIOS = [0.001, 0.01, 0.1, 1, 10, 100, 1000];

/**
 * Searches fixed weights for the method `static`. Of equal scores the one tried first wins, so the same scores give the same
 * answer. @returns the best trial (undefined if all diverged), and all in their order. Throws a `CounterpoiseError`
 * on a wrong option, and what `evaluate` throws.
 */
export async function searchStatic(
  options: StaticSearchOptions,
): Promise<{ best: StaticTrial | undefined; trials: readonly StaticTrial[] }> {
  const { tasks, evaluate, refinements = 0, known = [], concurrency = 1 } = options;
  checkTasks(tasks);
  checkCount('refinements', refinements, 0);
  if (concurrency !== Number.POSITIVE_INFINITY) checkCount('concurrency', concurrency, 1);
  const trials: StaticTrial[] = [];
  const find = (list: readonly StaticTrial[], weights: StaticWeights) =>
    list.find((trial) => sameJson(trial.weights, weights));

  const tryAll = async (points: readonly StaticWeights[]) => {
    const fresh = points.filter((point, at) => {
      return !find(trials, point) && points.findIndex((other) => sameJson(other, point)) === at;
    });
    const scores: number[] = [];
    let next = 0;
    const work = async () => {
      for (let at = next++; at < fresh.length; at = next++) {
        const weights = fresh[at] as StaticWeights;
        scores[at] = find(known, weights)?.score ?? (await evaluate(weights));
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, fresh.length) }, work));
    fresh.forEach((weights, at) => {
      trials.push({ weights, score: scores[at] as number });
    });
  };

  await tryAll((options.points ?? logGrid(tasks, DEFAULT_RATIOS)).map((point) => checkWeights(tasks, point)));
  let factor = Math.sqrt(10);
  for (let round = 0; round < refinements; round++) {
    const best = bestOf(trials);
    if (!best) break;
    await tryAll(neighbours(tasks, best.weights, factor));
    if (bestOf(trials) === best) factor = Math.sqrt(factor);
  }
  return { best: bestOf(trials), trials };
}

/** A compass search over the logarithms of the weights (Kolda, Lewis & Torczon 2003); the first weight fixes the scale. */
function neighbours(tasks: readonly string[], centre: StaticWeights, factor: number): StaticWeights[] {
  return tasks.slice(1).flatMap((task) => {
    const weight = centre[task] as number;
    return [weight * factor, weight / factor].map((moved) => ({ ...centre, [task]: moved }));
  });
}

function bestOf(trials: readonly StaticTrial[]): StaticTrial | undefined {
  return trials.reduce<StaticTrial | undefined>((best, trial) => {
    if (!Number.isFinite(trial.score)) return best;
    return best && best.score <= trial.score ? best : trial;
  }, undefined);
}

/**
 * Fixed weights from the run of an adaptive method (Gama & Grassi 2025, arXiv:2505.10347): the weights of every step scaled
 * to the sum K, averaged over the last half of the run,
 *
 *     w_k = 1 / |H| * sum over t in H of K w_k(t) / sum_j |w_j(t)|,   H = steps ceil(T / 2) + 1 to T, of one step that step
 *
 * Absolute values below the line, because weights of methods that look at gradients may be negative. Steps whose weights
 * are all 0 are left out.
 *
 * @param history the weights of every step, in order, all with the same losses. The last half must have a step with a
 * weight other than 0, else a `CounterpoiseError` is thrown, as for weights that are no finite numbers.
 */
export function extractStatic(history: readonly StaticWeights[]): Record<string, number> {
  const tasks = Object.keys(history[0] ?? {});
  checkTasks(tasks);
  const sums = new Float64Array(tasks.length);
  let count = 0;
  for (let t = history.length === 1 ? 0 : Math.ceil(history.length / 2); t < history.length; t++) {
    const weights = checkWeights(tasks, history[t]);
    const size = tasks.reduce((sum, task) => sum + Math.abs(weights[task] as number), 0);
    if (size === 0) continue;
    count++;
    tasks.forEach((task, k) => {
      sums[k] = (sums[k] as number) + (tasks.length * (weights[task] as number)) / size;
    });
  }
  if (count === 0) {
    throw new CounterpoiseError('evidence', '"history" must have a weight other than 0 in its last half, got none');
  }
  return Object.fromEntries(tasks.map((task, k) => [task, (sums[k] as number) / count]));
}

function checkWeights(tasks: readonly string[], weights: unknown): StaticWeights {
  const fits =
    isRecord(weights) &&
    Object.keys(weights).length === tasks.length &&
    tasks.every((task) => Object.hasOwn(weights, task) && Number.isFinite(weights[task]));
  if (fits) return weights as StaticWeights;
  throw new CounterpoiseError(
    'option',
    `weights must be a finite number for ${tasks.join(', ')}, got ${show(weights)}`,
  );
}

function checkCount(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new CounterpoiseError('option', `"${name}" must be an integer in [${minimum}, inf), got ${show(value)}`);
}
