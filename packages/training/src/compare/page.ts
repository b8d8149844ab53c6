/** The page of a comparison, and the files beside it. */
import { join } from 'node:path';
import { writeFileAtomic } from '../atomic.js';
import { type ChartSeries, lineChart } from '../chart.js';
import type { Json } from '../json.js';
import { type ReportSection, renderReport } from '../report.js';
import { type Comparison, plusMinus } from './analysis.js';
import { findings } from './findings.js';
import { type CompareMetric, isFinished } from './job.js';
import { comparisonMarkdown } from './markdown.js';
import { paretoChart } from './pareto-chart.js';
import { comparisonCsv, comparisonTable, sortedRows, TABLE_NOTE } from './table.js';

export interface ComparisonFiles {
  readonly csv: string;
  readonly json: string;
  readonly markdown: string;
  readonly report: string;
}

/** More lines than colours cannot be told apart. */
const MAX_CURVES = 6;

/**
 * Writes `results.csv` (a row per method), `results.json` (all of the comparison, every run included), `results.md` (findings and
 * table) and `report.html` in the folder.
 * @param title of the page.
 */
export async function writeComparison(
  out: string,
  comparison: Comparison,
  title: string,
  config: { readonly [option: string]: Json },
): Promise<ComparisonFiles> {
  const files = {
    csv: join(out, 'results.csv'),
    json: join(out, 'results.json'),
    markdown: join(out, 'results.md'),
    report: join(out, 'report.html'),
  };
  await writeFileAtomic(files.csv, comparisonCsv(comparison));
  const content = { findings: findings(comparison), ...comparison };
  await writeFileAtomic(files.json, `${JSON.stringify(content, null, 2)}\n`);
  await writeFileAtomic(files.markdown, comparisonMarkdown(comparison));
  await writeFileAtomic(files.report, renderComparison(comparison, title, config));
  return files;
}

export function renderComparison(
  comparison: Comparison,
  title: string,
  config: { readonly [option: string]: Json },
): string {
  const { metrics, rows, seeds, learningRates } = comparison;
  const [first = '', ...rest] = findings(comparison);
  const tasks = metrics.filter(({ losses }) => losses);
  const pairs = tasks.flatMap((y, at) => tasks.slice(0, at).map((x) => [x, y] as const));
  return renderReport({
    title,
    summary: first,
    runs: [],
    sections: [
      { title: 'Methods', text: TABLE_NOTE, table: comparisonTable(comparison) },
      { title: 'Trade-off', charts: pairs.map(([x, y]) => paretoChart(rows, x, y)) },
      {
        title: 'Training',
        text: `Means over the seeds; the ${MAX_CURVES} methods with the lowest Δm.`,
        charts: curveCharts(comparison),
      },
      { title: 'Remarks', table: { columns: ['remark'], rows: rest.map((text) => [text]) } },
      weightsSection(comparison),
      baselineSection(comparison),
    ],
    config: { ...config, learningRates, seeds },
  });
}

/** A chart per metric that has curves. */
function curveCharts(comparison: Comparison): string[] {
  const shown = sortedRows(comparison).slice(0, MAX_CURVES);
  return comparison.metrics.flatMap(({ name }) => {
    const series = shown.flatMap((row, color): ChartSeries[] => {
      const { outcomes } = comparison.entries.find((entry) => entry.name === row.name)!;
      const curves = outcomes.filter(isFinished).flatMap(({ curves }) => curves?.[name] ?? []);
      const x = curves[0]?.x ?? [];
      if (x.length === 0 || curves.some((curve) => curve.x.length !== x.length)) return [];
      const y = x.map((_, at) => curves.reduce((sum, curve) => sum + curve.y[at]!, 0) / curves.length);
      return [{ name: row.name, x, y, color }];
    });
    return series.length > 0 ? [lineChart(series, { title: name, xLabel: 'epoch' })] : [];
  });
}

/** Relative to the first loss: the whole scale of the weights is the learning rate's affair. */
function weightsSection(comparison: Comparison): ReportSection {
  const { losses } = comparison;
  return {
    title: 'Weights and losses',
    text: 'Weights: mean of the last half of the training, their sum is the number of losses. Losses: raw, at the end.',
    table: {
      columns: ['method', ...losses.map((loss) => `weight ${loss}`), ...losses.map((loss) => `loss ${loss}`)],
      rows: sortedRows(comparison).map((row) => [
        row.name,
        ...losses.map((loss) => plusMinus(row.weights[loss]!)),
        ...losses.map((loss) => plusMinus(row.losses[loss]!)),
      ]),
    },
  };
}

function baselineSection({ metrics, baselines, baselineMeans }: Comparison): ReportSection {
  const named = (name: string): CompareMetric | undefined => metrics.find((metric) => metric.name === name);
  return {
    title: 'Each task alone',
    text: 'The baselines of Δm: the same network with the losses of one task, tuned like every method.',
    table: {
      columns: ['metric', 'losses', 'mean', 'learning rate'],
      rows: baselines.map(({ metric, tuning }) => [
        metric,
        named(metric)?.losses?.join(', ') ?? '',
        baselineMeans[metric] ?? null,
        tuning.chosen?.request.learningRate ?? null,
      ]),
    },
  };
}
