/** What the results say. Every function here is pure: the same results give the same comparison. */
import { formatNumber } from '../format.js';
import { isAdaptive, isStatic, type LeftOut } from './contenders.js';
import {
  type CompareMetric,
  isFinished,
  type MethodChoice,
  type RunOutcome,
  type RunResult,
  taskMetrics,
} from './job.js';
import { holm, pairedTest, ranksOf, type Spread, spreadOf } from './statistics.js';
import { changeFrom, type Tuning } from './tuning.js';

export interface Entry {
  readonly name: string;
  readonly choice: MethodChoice;
  readonly tuning: Tuning;
  /** One per seed, in their order; none if every learning rate diverged. */
  readonly outcomes: readonly RunOutcome[];
}

/** A task trained alone. */
export interface Baseline extends Omit<Entry, 'name'> {
  readonly metric: string;
}

export interface AnalysisInput {
  readonly metrics: readonly CompareMetric[];
  readonly losses: readonly string[];
  readonly learningRates: readonly number[];
  readonly seeds: readonly number[];
  readonly entries: readonly Entry[];
  readonly baselines: readonly Baseline[];
  readonly leftOut: readonly LeftOut[];
  /** Runs that the whole grid of the static search would take. */
  readonly staticGrid: number;
}

type Spreads = Readonly<Record<string, Spread>>;

export interface Row {
  readonly name: string;
  readonly choice: MethodChoice;
  readonly kind: 'static' | 'random' | 'adaptive';
  /** Of the reported runs; undefined if all in the tuning diverged. */
  readonly learningRate: number | undefined;
  readonly tuning: Pick<Tuning, 'runs' | 'seconds'>;
  /** Reported seeds that diverged, all if there was nothing to report. Means are of the others. */
  readonly diverged: number;
  readonly metrics: Spreads;
  readonly losses: Spreads;
  readonly weights: Spreads;
  readonly secondsPerStep: number;
  /** (100 / K) sum_k (-1)^[higher is better] (M_k - B_k) / |B_k| in percent, per seed; lower is better. */
  readonly deltaM: Spread;
  /** The task metric that lost most against its baseline, in percent (negative: gained). */
  readonly worst: { readonly metric: string; readonly change: number } | undefined;
  /** Over the task metrics, from 1. */
  readonly meanRank: number;
  /** No other method is at least as good in all task metrics and better in one. */
  readonly isOnFront: boolean;
  /** Holm's p value of Delta-m against the best static weights; undefined for static rows, and where it cannot be tested. */
  readonly pValue: number | undefined;
  /** Better than the best static weights beyond noise. */
  readonly beatsStatic: boolean;
}

export interface Comparison extends AnalysisInput {
  readonly rows: readonly Row[];
  /** The static row with the lowest Delta-m: the one to beat. */
  readonly bestStatic: string | undefined;
  /** Means of the single-task baselines by metric; a task whose training diverged has none and does not count for Delta-m. */
  readonly baselineMeans: Readonly<Record<string, number>>;
}

/** Chance of any false win that is accepted. */
export const LEVEL = 0.05;

/** With M averaged over seeds and B the mean of the single-task baseline (the formula of Maninis et al. 2019, arXiv:1904.08918). */
export function analyse(input: AnalysisInput): Comparison {
  const { entries, baselines, metrics, seeds } = input;
  const tasks = taskMetrics({ metrics });
  const baselineMeans: Record<string, number> = {};
  for (const { metric, outcomes } of baselines) {
    const values = outcomes.filter(isFinished).map((result) => result.metrics[metric]!);
    if (values.length > 0) baselineMeans[metric] = spreadOf(values).mean;
  }
  const measured = entries.map((entry) => measure(entry, input, tasks, baselineMeans));
  const isWhole = (row: { diverged: number }) => row.diverged === 0;
  const means = (name: string) => measured.map((row) => (isWhole(row) ? row.metrics[name]!.mean : Number.NaN));
  const ranks = tasks.map(({ name, higherIsBetter }) => ranksOf(means(name), higherIsBetter ? -1 : 1));
  // Higher is worse, so that one comparison serves all.
  const costs = measured.map((_, at) =>
    tasks.map(({ name, higherIsBetter }) => (higherIsBetter ? -1 : 1) * means(name)[at]!),
  );

  const bestStatic = measured
    .filter((row) => row.kind === 'static' && isWhole(row) && Number.isFinite(row.deltaM.mean))
    .reduce<(typeof measured)[number] | undefined>(
      (best, row) => (best && best.deltaM.mean <= row.deltaM.mean ? best : row),
      undefined,
    );
  const tested = measured.filter((row) => row.kind !== 'static' && isWhole(row) && bestStatic && seeds.length > 1);
  const values = bestStatic ? tested.map((row) => pairedTest(row.deltaM.values, bestStatic.deltaM.values)) : [];
  const corrected = holm(values);

  const rows = measured.map((row, at): Row => {
    const pValue = corrected[tested.indexOf(row)];
    return {
      ...row,
      meanRank: spreadOf(ranks.map((list) => list[at]!)).mean,
      isOnFront: isWhole(row) && !costs.some((other) => dominates(other, costs[at]!)),
      pValue,
      beatsStatic: pValue !== undefined && pValue < LEVEL && row.deltaM.mean < bestStatic!.deltaM.mean,
    };
  });
  return { ...input, rows, bestStatic: bestStatic?.name, baselineMeans };
}

function measure(
  { name, choice, tuning, outcomes }: Entry,
  { metrics, losses, seeds }: AnalysisInput,
  tasks: readonly CompareMetric[],
  baselines: Readonly<Record<string, number>>,
) {
  const results = outcomes.filter(isFinished);
  const spreads = (names: readonly string[], of: (result: RunResult) => Readonly<Record<string, number>>) =>
    Object.fromEntries(names.map((key) => [key, spreadOf(results.map((result) => of(result)[key]!))]));
  const judged = tasks.filter((task) => Object.hasOwn(baselines, task.name));
  const change = ({ name, higherIsBetter }: CompareMetric, value: number) =>
    changeFrom(baselines[name]!, value, higherIsBetter);
  const deltas = results.map((result) => {
    return spreadOf(judged.map((task) => change(task, result.metrics[task.name]!))).mean;
  });
  const shown = spreads(
    metrics.map((metric) => metric.name),
    (result) => result.metrics,
  );
  const changes = judged.map((task) => ({ metric: task.name, change: change(task, shown[task.name]!.mean) }));
  return {
    name,
    choice,
    kind: isStatic(choice) ? ('static' as const) : isAdaptive(choice) ? ('adaptive' as const) : ('random' as const),
    learningRate: tuning.chosen?.request.learningRate,
    tuning: { runs: tuning.runs, seconds: tuning.seconds },
    diverged: seeds.length - results.length,
    metrics: shown,
    losses: spreads(losses, (result) => result.losses),
    weights: spreads(losses, (result) => result.meanWeights),
    secondsPerStep: spreadOf(results.map((result) => result.secondsPerStep)).mean,
    deltaM: spreadOf(deltas),
    worst: results.length > 0 ? changes.sort((a, b) => b.change - a.change)[0] : undefined,
  };
}

/** Rows of costs; NaN dominates nothing and is dominated by nothing. */
function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, k) => cost <= b[k]!) && a.some((cost, k) => cost < b[k]!);
}

/** `3.210 ± 0.120`, both with the decimals that give the mean four digits, or with so many. A dash where there is no mean. */
export function plusMinus({ mean, standardError }: Spread, decimals?: number): string {
  if (Number.isNaN(mean)) return '–';
  const size = Math.abs(mean);
  const isPlain = decimals !== undefined || (size >= 1e-3 && size < 1e5);
  const places = decimals ?? Math.max(0, 3 - Math.floor(Math.log10(size)));
  const format = isPlain ? (value: number) => value.toFixed(places) : formatNumber;
  return Number.isNaN(standardError) ? format(mean) : `${format(mean)} ± ${format(standardError)}`;
}
