/** The charts of the report. One run: a colour per loss. Several runs: a colour per run where they share a chart. */
import { type ChartSeries, lineChart } from './chart.js';
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
  const losses = namesOf(runs, (curves) => curves.weights);
  return runs.flatMap(({ name, curves }) => {
    if (Object.keys(curves.weights).length === 0) return [];
    const suffix = runs.length > 1 ? `: ${name}` : '';
    const lines = (of: Record<string, Series>) =>
      losses.flatMap((loss, color): ChartSeries[] => {
        const steps = of[loss] ?? NOTHING;
        const means = epochMeans(steps, curves.stepsPerEpoch);
        // Two points are not yet a curve.
        if (means.x.length < 3) return [{ ...inEpochs(steps, curves), color, name: loss }];
        return [
          { ...inEpochs(steps, curves), color, look: 'faint' },
          { ...means, color, name: loss },
        ];
      });
    return [
      chart(lines(curves.weights), { title: `Weights${suffix}`, xLabel: 'epoch', yAxis: 'log' }),
      chart(lines(curves.shares), { title: `Shares of the total${suffix}`, xLabel: 'epoch', yInclude: [0, 1] }),
    ];
  });
}

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
function epochMeans({ x, y }: Series, stepsPerEpoch: number): Series {
  const sums = new Map<number, { total: number; count: number }>();
  for (const [at, step] of x.entries()) {
    const value = y[at]!;
    if (!Number.isFinite(value)) continue;
    const epoch = Math.ceil(step / stepsPerEpoch);
    const { total, count } = sums.get(epoch) ?? { total: 0, count: 0 };
    sums.set(epoch, { total: total + value, count: count + 1 });
  }
  const epochs = [...sums.keys()].filter((epoch) => epoch * stepsPerEpoch <= (x.at(-1) ?? 0));
  return { x: epochs, y: epochs.map((epoch) => sums.get(epoch)!.total / sums.get(epoch)!.count) };
}
