/** The charts of the report. One run: a colour per loss. Several runs: a colour per run where they share a chart. */
import { type ChartSeries, lineChart } from './chart.js';
import { COLORS } from './chart-frame.js';
import { ofPair } from './cosine-matrix.js';
import type { RunCurves, Series } from './records.js';

export interface ReportRun {
  readonly name: string;
  /** From `curvesFrom(readMetrics(run.metrics))`. */
  readonly curves: RunCurves;
}

/** One chart per loss, log axis: single steps, training means and validation means of every run. */
export function lossCharts(runs: readonly ReportRun[]): string[] {
  const losses = namesOf(runs, (curves) => ({ ...curves.stepLosses, ...curves.trainLosses }));
  return losses.map((loss, lossIndex) => {
    const series = runs.flatMap(({ name, curves }, runIndex): ChartSeries[] => {
      const color = runs.length > 1 ? runIndex : lossIndex;
      const prefix = runs.length > 1 ? `${name}, ` : '';
      const epochs = curves.trainLosses[loss];
      const steps = inEpochs(curves.stepLosses[loss], curves);
      return [
        // Before the first epoch has ended the steps are all there is.
        { ...steps, color, ...(epochs ? { look: 'faint' as const } : { name: `${prefix}training steps` }) },
        { ...(epochs ?? NOTHING), color, name: epochs && `${prefix}training` },
        { ...(curves.valLosses[loss] ?? NOTHING), color, look: 'dashed', name: `${prefix}validation` },
      ];
    });
    return chart(series, { title: `Loss: ${loss}`, xLabel: 'epoch', yAxis: 'log' });
  });
}

/** Two charts per run, a line per loss: the weights on a log axis, and the shares of the total from 0 to 1. */
export function balanceCharts(runs: readonly ReportRun[]): string[] {
  return chartsPerRun(runs, [
    { title: 'Weights', select: (curves) => curves.weights, yAxis: 'log' },
    { title: 'Shares of the total', select: (curves) => curves.shares, yInclude: [0, 1] },
  ]);
}

/**
 * For every run that measured them the norms on a log axis, a line per loss, and the cosines, a line per pair; of more pairs than
 * there are colours a chart per loss.
 */
export function gradientCharts(runs: readonly ReportRun[]): string[] {
  const title = 'Gradient cosines';
  const range = { yInclude: [-1, 1] };
  const losses = namesOf(runs, (curves) => ({ ...curves.stepLosses, ...curves.gradientNorms }));
  const isOneChart = namesOf(runs, (curves) => curves.cosines).length <= COLORS;
  return chartsPerRun(runs, [
    { title: 'Gradient norms', select: (curves) => curves.gradientNorms, yAxis: 'log' },
    ...(isOneChart
      ? [{ title, select: (curves: RunCurves) => curves.cosines, ...range }]
      : losses.map((loss) => ({ title: `${title}: ${loss}`, select: cosinesWith(loss, losses), ...range }))),
  ]);
}

/** By the other loss of the pair; all losses are named, so that each has the same colour in all charts. */
const cosinesWith = (loss: string, losses: readonly string[]) => (curves: RunCurves) => {
  const series = (other: string) => ofPair((pair) => curves.cosines[pair], loss, other) ?? NOTHING;
  return Object.fromEntries(losses.map((other) => [other, series(other)]));
};

/** One chart, a line per run; none where no step tells its rate. */
export function learningRateCharts(runs: readonly ReportRun[]): string[] {
  const series = runs.map(({ name, curves }, color) => ({
    ...inEpochs(curves.learningRate, curves),
    color,
    name: runs.length > 1 ? name : undefined,
  }));
  if (series.every(({ x }) => x.length === 0)) return [];
  return [chart(series, { title: 'Learning rate', xLabel: 'epoch', yInclude: [0] })];
}

/** One chart per metric, a line per run. */
export function metricCharts(runs: readonly ReportRun[]): string[] {
  return namesOf(runs, (curves) => curves.metrics).map((metric) => {
    const series = runs.map(({ name, curves }, color) => ({
      ...(curves.metrics[metric] ?? NOTHING),
      color,
      name: runs.length > 1 ? name : undefined,
    }));
    return chart(series, { title: metric, xLabel: 'epoch' });
  });
}

const NOTHING: Series = { x: [], y: [] };

type Select = (curves: RunCurves) => Record<string, Series>;
type Options = Parameters<typeof lineChart>[1];

/** For every run the charts that have data; a name has the same colour in all of them. */
function chartsPerRun(
  runs: readonly ReportRun[],
  parts: readonly (Omit<Options, 'xLabel'> & { readonly select: Select })[],
): string[] {
  return runs.flatMap(({ name: run, curves }) =>
    parts.flatMap(({ title, select, ...options }) => {
      const lines = namesOf(runs, select).flatMap((name, color) =>
        stepLines(select(curves)[name], curves, { name, color }),
      );
      const suffix = runs.length > 1 ? `: ${run}` : '';
      return lines.some(({ x }) => x.length > 0)
        ? [chart(lines, { title: title + suffix, xLabel: 'epoch', ...options })]
        : [];
    }),
  );
}

/** The means of the epochs, with single steps behind. */
function stepLines(
  steps: Series | undefined,
  curves: RunCurves,
  line: { readonly name: string; readonly color: number },
): ChartSeries[] {
  if (!steps) return [];
  const means = epochMeans(steps, curves);
  // Two points are not yet a curve.
  if (means.x.length < 3) return [{ ...inEpochs(steps, curves), ...line }];
  return [
    { ...inEpochs(steps, curves), color: line.color, look: 'faint' },
    { ...means, ...line },
  ];
}

function chart(
  series: readonly (Omit<ChartSeries, 'name'> & { name?: string | undefined })[],
  options: Options,
): string {
  const shown = series.filter(({ x }) => x.length > 0);
  return lineChart(
    shown.map(({ name, ...rest }) => (name === undefined ? rest : { ...rest, name })),
    options,
  );
}

/** All names of all runs, in the order of their first appearance. */
function namesOf(runs: readonly ReportRun[], select: Select): string[] {
  return [...new Set(runs.flatMap(({ curves }) => Object.keys(select(curves))))];
}

/** Steps on the axis of the epochs, so that the two can share it. */
function inEpochs(series: Series = NOTHING, { stepsPerEpoch }: RunCurves): Series {
  return { x: series.x.map((step) => step / stepsPerEpoch), y: series.y };
}

/** The mean of every finished epoch, at its end; steps without a value are left out. */
function epochMeans({ x, y }: Series, { stepsPerEpoch, stepLosses }: RunCurves): Series {
  // Not every step has a value, but every step has losses.
  const end = Object.values(stepLosses)[0]?.x.at(-1) ?? x.at(-1) ?? 0;
  const sums = new Map<number, { total: number; count: number }>();
  for (const [at, step] of x.entries()) {
    const value = y[at]!;
    if (!Number.isFinite(value)) continue;
    const epoch = Math.ceil(step / stepsPerEpoch);
    const { total, count } = sums.get(epoch) ?? { total: 0, count: 0 };
    sums.set(epoch, { total: total + value, count: count + 1 });
  }
  const epochs = [...sums.keys()].filter((epoch) => epoch * stepsPerEpoch <= end);
  return { x: epochs, y: epochs.map((epoch) => sums.get(epoch)!.total / sums.get(epoch)!.count) };
}
