/**
 * The order of a comparison. Within a stage all runs may go side by side; what a stage decides depends on results alone.
 *
 *     1. single-task baselines and all methods are tuned:     (tasks + methods) x rates runs
 *     2. static weights: the search, and the extraction from the best adaptive method of 1:     (points + 1) x rates
 *     3. all of them under the reported seeds:     (tasks + methods + 2) x seeds
 */
import { searchStatic } from 'counterpoise';
import type { Baseline, Entry } from './analysis.js';
import {
  aloneChoice,
  contendersFor,
  isAdaptive,
  type LeftOut,
  nameOf,
  staticChoice,
  staticPoints,
} from './contenders.js';
import { type CompareJob, isFinished, type MethodChoice, taskMetrics } from './job.js';
import type { Runs } from './runs.js';
import { changeFrom, choose, outcomeOf, type Score, type Trial } from './tuning.js';

type Tuned = Omit<Entry, 'outcomes'>;

export interface StagesOptions {
  readonly methods: readonly MethodChoice[];
  readonly learningRates: readonly number[];
  readonly seeds: readonly number[];
  readonly observer?: { readonly total: (runs: number) => void };
}

export interface Stages {
  readonly entries: readonly Entry[];
  readonly baselines: readonly Baseline[];
  readonly leftOut: readonly LeftOut[];
}

export async function runStages(job: CompareJob, runs: Runs, options: StagesOptions): Promise<Stages> {
  const { methods, learningRates, seeds, observer } = options;
  const { losses } = job;
  const { contenders, leftOut } = contendersFor(job, methods);
  const alone = taskMetrics(job).map((metric) => ({ metric, choice: aloneChoice(losses, metric.losses) }));
  // Unscaled points are as many as scaled ones.
  const tuned = alone.length + contenders.length + staticPoints(losses, {}).length + 1;
  observer?.total(tuned * learningRates.length + (alone.length + contenders.length + 2) * seeds.length);

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
  const [searched, extracted] = await Promise.all([
    search(runs, losses, staticPoints(losses, isFinished(firstLosses) ? firstLosses.firstLosses : {}), score),
    extract(runs, entries, trials, score),
  ]);

  const reported = async <T extends Pick<Tuned, 'choice' | 'tuning'>>(tuned: T) => {
    return { ...tuned, outcomes: await runs.report(tuned.choice, tuned.tuning) };
  };
  const [finals, aloneFinals] = await Promise.all([
    Promise.all([...entries, searched, ...extracted].map(reported)),
    Promise.all(baselines.map(({ metric, choice, tuning }) => reported({ metric: metric.name, choice, tuning }))),
  ]);
  return { entries: finals, baselines: aloneFinals, leftOut };
}

/** The search costs all its runs. */
async function search(
  runs: Runs,
  losses: readonly string[],
  points: readonly Readonly<Record<string, number>>[],
  score: Score,
): Promise<Tuned> {
  // By point, in their order: of equal scores the first wins, and not the one that was ready first.
  const trials = new Map<object, readonly Trial[]>(points.map((weights) => [weights, []]));
  const { best } = await searchStatic({
    tasks: losses,
    points,
    concurrency: Number.POSITIVE_INFINITY,
    evaluate: async (weights) => {
      const own = await runs.tune(staticChoice(weights));
      trials.set(weights, own);
      return choose(own, score).chosen?.score ?? Number.NaN;
    },
  });
  const tuning = choose([...trials.values()].flat(), score);
  return { name: 'static (search)', choice: staticChoice(best?.weights ?? points[0]!), tuning };
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
