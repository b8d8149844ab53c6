/**
 * The order of a comparison. Within a stage all runs may go side by side; what a stage decides depends on results alone.
 *
 *     1. single-task baselines and all methods are tuned:     (tasks + methods) x rates runs
 *     2. static weights: the search, and the extraction from the best adaptive method of 1:     static runs + rates
 *     3. all of them under the reported seeds:     (tasks + methods + 2) x seeds
 */
import type { Baseline, Entry } from './analysis.js';
import { aloneChoice, contendersFor, isAdaptive, type LeftOut, nameOf, SEARCHED, staticChoice } from './contenders.js';
import { type CompareJob, isFinished, type MethodChoice, taskMetrics } from './job.js';
import type { Runs } from './runs.js';
import { type StaticCell, staticCells, staticPoints } from './static-grid.js';
import { changeFrom, choose, outcomeOf, type Score, type Trial } from './tuning.js';

type Tuned = Omit<Entry, 'outcomes'>;

export interface StagesOptions {
  readonly methods: readonly MethodChoice[];
  readonly learningRates: readonly number[];
  readonly seeds: readonly number[];
  readonly tuningSeed: number;
  readonly staticRuns?: number | undefined;
  readonly observer?: { readonly plan: (runs: number, leftOut: readonly LeftOut[]) => void };
}

export interface Stages {
  readonly entries: readonly Entry[];
  readonly baselines: readonly Baseline[];
  readonly leftOut: readonly LeftOut[];
  readonly staticGrid: number;
}

export async function runStages(job: CompareJob, runs: Runs, options: StagesOptions): Promise<Stages> {
  const { methods, learningRates, seeds, tuningSeed, observer } = options;
  const { losses } = job;
  const { contenders, leftOut } = contendersFor(job, methods);
  const alone = taskMetrics(job).map((metric) => ({ metric, choice: aloneChoice(losses, metric.losses) }));
  // Unscaled points are as many as scaled ones.
  const staticGrid = staticPoints(losses, {}).length * learningRates.length;
  const staticRuns = Math.min(staticGrid, options.staticRuns ?? learningRates.length);
  const tuned = alone.length + contenders.length + 1;
  const runsOfAll = tuned * learningRates.length + staticRuns + (alone.length + contenders.length + 2) * seeds.length;
  observer?.plan(runsOfAll, leftOut);

  const [aloneTrials, trials] = await Promise.all([
    Promise.all(alone.map(({ choice }) => runs.tune(choice))),
    Promise.all(contenders.map((choice) => runs.tune(choice))),
  ]);
  const baselines = alone.map(({ metric, choice }, at) => {
    const sign = metric.higherIsBetter ? -1 : 1;
    const tuning = choose(aloneTrials[at]!, (metrics) => sign * metrics[metric.name]!);
    return { metric, choice, tuning, tuned: outcomeOf(aloneTrials[at]!, tuning)?.metrics[metric.name] };
  });
  const score: Score = (metrics) => {
    const changes = baselines.flatMap(({ metric: { name, higherIsBetter }, tuned }) =>
      tuned === undefined ? [] : [changeFrom(tuned, metrics[name]!, higherIsBetter)],
    );
    return changes.reduce((sum, change) => sum + change, 0) / Math.max(1, changes.length);
  };

  const entries = contenders.map((choice, at) => {
    return { name: nameOf(choice), choice, tuning: choose(trials[at]!, score) };
  });
  const firstLosses = trials.flat().find(({ outcome }) => isFinished(outcome))?.outcome;
  const points = staticPoints(losses, isFinished(firstLosses) ? firstLosses.firstLosses : {});
  const [searched, extracted] = await Promise.all([
    search(runs, staticCells(points, learningRates, tuningSeed).slice(0, staticRuns), score),
    extract(runs, entries, trials, score),
  ]);

  const reported = async <T extends Pick<Tuned, 'choice' | 'tuning'>>(tuned: T) => {
    return { ...tuned, outcomes: await runs.report(tuned.choice, tuned.tuning) };
  };
  const [finals, aloneFinals] = await Promise.all([
    Promise.all([...entries, searched, ...extracted].map(reported)),
    Promise.all(baselines.map(({ metric, choice, tuning }) => reported({ metric: metric.name, choice, tuning }))),
  ]);
  return { entries: finals, baselines: aloneFinals, leftOut, staticGrid };
}

/** The search costs all its runs. Of equal scores the first cell wins, and not the one that was ready first. */
async function search(runs: Runs, cells: readonly StaticCell[], score: Score): Promise<Tuned> {
  const choices = cells.map(({ weights }) => staticChoice(weights));
  const trials = await Promise.all(choices.map((choice, at) => runs.tune(choice, [cells[at]!.learningRate])));
  const tuning = choose(trials.flat(), score);
  const best = trials.findIndex((own) => outcomeOf(own, tuning) !== undefined);
  return { name: SEARCHED, choice: choices[Math.max(0, best)]!, tuning };
}

/** From the adaptive method that did best in the tuning, whose tuning is part of the cost; nothing if all diverged. */
async function extract(
  runs: Runs,
  entries: readonly Tuned[],
  trials: readonly (readonly Trial[])[],
  score: Score,
): Promise<Tuned[]> {
  const sources = entries.flatMap(({ name, choice, tuning }, at) => {
    const result = isAdaptive(choice) ? outcomeOf(trials[at]!, tuning) : undefined;
    return result && tuning.chosen ? [{ name, tuning, result, score: tuning.chosen.score }] : [];
  });
  const best = sources.reduce<(typeof sources)[number] | undefined>(
    (a, b) => (a && a.score <= b.score ? a : b),
    undefined,
  );
  if (!best) return [];
  // Four digits: no run can tell the rest, and people read them.
  const weights = Object.entries(best.result.meanWeights).map(([loss, weight]) => [
    loss,
    Number(weight.toPrecision(4)),
  ]);
  const choice = staticChoice(Object.fromEntries(weights));
  const own = choose(await runs.tune(choice), score);
  const tuning = { ...own, runs: own.runs + best.tuning.runs, seconds: own.seconds + best.tuning.seconds };
  return [{ name: `static (from ${best.name})`, choice, tuning }];
}
