/** The charts of one PPO run, or of several that differ in their seeds. */
import { type ChartSeries, lineChart, type MetricsRecord } from '@counterpoise/training';
import { recentReturns } from './records.js';

/** One run: `readMetrics(run.metrics)`. */
export interface PpoRecords {
  readonly records: readonly MetricsRecord[];
}

type Options = Omit<Parameters<typeof lineChart>[1], 'xLabel'>;

/** One run: every update behind the mean of the last episodes. Several: that mean per run behind their mean and spread. */
export function returnCharts(runs: readonly PpoRecords[]): string[] {
  const [only] = runs;
  const length = linesOf(runs, 'charts/episodic_length', 0);
  const lengths = chart(length, { title: 'Episode length' });
  const recent = runs.map(({ records }) => recentReturns(records).map((value) => value?.mean ?? Number.NaN));
  if (runs.length > 1) return [...chart(band(runs, recent), { title: 'Mean return of the last episodes' }), ...lengths];
  const x = stepsOf(only!);
  const perUpdate = { x, y: valuesOf(only!, 'charts/episodic_return'), color: 0 };
  const mean = { x, y: recent[0]!, name: 'mean of the last 100 episodes', color: 0 };
  return [...chart([{ ...perUpdate, look: 'faint' }, mean], { title: 'Return' }), ...lengths];
}

export function lossCharts(runs: readonly PpoRecords[]): string[] {
  const names = { policy_loss: 'Policy loss', value_loss: 'Value loss', entropy: 'Entropy of the policy' };
  return Object.entries(names).flatMap(([name, title], color) =>
    chart(linesOf(runs, `losses/${name}`, color), { title, ...(name === 'value_loss' && { yAxis: 'log' as const }) }),
  );
}

export function balanceCharts(runs: readonly PpoRecords[]): string[] {
  return [
    ...chart(familyOf(runs, 'weight/'), { title: 'Weights', yAxis: 'log' }),
    ...chart(familyOf(runs, 'gradientNorm/'), { title: 'Gradient norms', yAxis: 'log' }),
    ...chart(familyOf(runs, 'charts/return_'), { title: 'Returns that the critic learns' }),
  ];
}

export function updateCharts(runs: readonly PpoRecords[]): string[] {
  return [
    ...chart(linesOf(runs, 'losses/explained_variance', 0), { title: 'Explained variance', yInclude: [0, 1] }),
    ...chart(linesOf(runs, 'losses/approx_kl', 1), { title: 'Approximate KL divergence', yInclude: [0] }),
    ...chart(linesOf(runs, 'losses/clipfrac', 2), { title: 'Share of clipped ratios', yInclude: [0] }),
    ...chart(linesOf(runs, 'charts/learning_rate', 3), { title: 'Learning rate', yInclude: [0] }),
  ];
}

/** Nothing without values. */
function chart(series: readonly ChartSeries[], options: Options): string[] {
  const hasValues = series.some(({ y }) => y.some(Number.isFinite));
  return hasValues ? [lineChart(series, { ...options, xLabel: 'step' })] : [];
}

/** Of one run its values; of several those, faint, behind their mean. */
function linesOf(runs: readonly PpoRecords[], field: string, color: number): ChartSeries[] {
  const lines = runs.map((run): ChartSeries => ({ x: stepsOf(run), y: valuesOf(run, field), color }));
  if (runs.length === 1) return lines;
  const mean = spreadOf(lines.map(({ y }) => y)).map((at) => at.mean);
  return [
    ...lines.map((line) => ({ ...line, look: 'faint' as const })),
    { x: stepsOf(runs[0]!).slice(0, mean.length), y: mean, color, name: 'mean' },
  ];
}

/** All fields of the first records that begin so, a line each: of one run its values, of several their mean. */
function familyOf(runs: readonly PpoRecords[], prefix: string): ChartSeries[] {
  const fields = runs.flatMap(({ records }) => records.slice(0, 1).flatMap((record) => Object.keys(record)));
  const names = [...new Set(fields.filter((field) => field.startsWith(prefix)))];
  return names.map((field, color) => {
    const mean = spreadOf(runs.map((run) => valuesOf(run, field))).map((at) => at.mean);
    return { x: stepsOf(runs[0]!).slice(0, mean.length), y: mean, name: field.slice(prefix.length), color };
  });
}

/** The mean over the runs, a standard deviation above and below it, and the runs themselves. */
function band(runs: readonly PpoRecords[], values: readonly (readonly number[])[]): ChartSeries[] {
  const spread = spreadOf(values);
  const x = stepsOf(runs[0]!).slice(0, spread.length);
  const edge = (sign: number): ChartSeries => ({
    x,
    y: spread.map(({ mean, std }) => mean + sign * std),
    name: 'mean ± standard deviation',
    color: 0,
    look: 'dashed',
  });
  return [
    ...runs.map((run, at): ChartSeries => ({ x: stepsOf(run), y: values[at]!, color: 0, look: 'faint' })),
    { x, y: spread.map(({ mean }) => mean), name: `mean of ${runs.length} seeds`, color: 0 },
    edge(1),
    edge(-1),
  ];
}

/** Over the runs, for the updates that all of them have; NaN where one has no value. The divisor of the variance is n - 1. */
export function spreadOf(runs: readonly (readonly number[])[]): { readonly mean: number; readonly std: number }[] {
  const updates = Math.min(...runs.map((values) => values.length));
  return Array.from({ length: updates }, (_, at) => {
    const values = runs.map((run) => run[at]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, std: Math.sqrt(squares / (values.length - 1)) };
  });
}

function stepsOf({ records }: PpoRecords): number[] {
  return records.map((record) => Number(record.step));
}

function valuesOf({ records }: PpoRecords, field: string): number[] {
  return records.map((record) => (typeof record[field] === 'number' ? record[field] : Number.NaN));
}
