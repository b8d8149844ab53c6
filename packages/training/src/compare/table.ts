/** The comparison as a table: on a terminal, in `results.csv` and on the page. */
import { alignedTable } from '../aligned-table.js';
import { formatNumber } from '../format.js';
import { csvCell } from '../metrics-log.js';
import type { ReportTable } from '../report-table.js';
import { type Comparison, plusMinus, type Row } from './analysis.js';

/** The lowest Delta-m first; what diverged under any seed last. */
export function sortedRows({ rows }: Comparison): Row[] {
  const key = ({ diverged, deltaM }: Row) => (diverged > 0 || Number.isNaN(deltaM.mean) ? Infinity : deltaM.mean);
  return rows.toSorted((a, b) => key(a) - key(b) || a.diverged - b.diverged);
}

/** For people: means with their standard errors. */
export function comparisonTable(comparison: Comparison): ReportTable {
  const { metrics } = comparison;
  const sum = comparison.rows.find(({ choice }) => choice.method === 'sum')?.secondsPerStep ?? Number.NaN;
  return {
    columns: [
      'method',
      ...metrics.map(({ name, higherIsBetter }) => `${name} ${higherIsBetter ? '↑' : '↓'}`),
      'Δm % ↓',
      'worst task',
      'mean rank',
      'front',
      'p',
      'lr',
      's/step',
      'tuning runs',
    ],
    rows: sortedRows(comparison).map((row) => [
      row.name,
      ...metrics.map(({ name }) => plusMinus(row.metrics[name]!)),
      plusMinus(row.deltaM, 2),
      row.worst ? `${row.worst.metric} ${percent(row.worst.change)}` : '–',
      row.meanRank.toFixed(1),
      row.isOnFront ? 'yes' : '',
      row.pValue === undefined ? '–' : `${formatNumber(row.pValue)}${row.beatsStatic ? ' *' : ''}`,
      row.learningRate === undefined ? '–' : String(row.learningRate),
      Number.isNaN(row.secondsPerStep) ? '–' : secondsCell(row.secondsPerStep, sum),
      String(row.tuning.runs),
    ]),
  };
}

export const TABLE_NOTE =
  'Mean ± standard error over the seeds. Δm: mean change against each task trained alone, in percent; lower is better. ' +
  'Front: no other method is as good in all tasks and better in one. p: paired t test of Δm against the best static weights, ' +
  "Holm's correction; * marks a win. s/step: seconds, and times those of the plain sum. Tuning runs: those that the choice of weights and learning rate took.";

/** Both are numbers of runs side by side: their ratio says more than they do. */
function secondsCell(seconds: number, sum: number): string {
  return Number.isFinite(sum) && sum > 0
    ? `${formatNumber(seconds)} (${(seconds / sum).toFixed(2)}x)`
    : formatNumber(seconds);
}

function percent(change: number): string {
  return `${change > 0 ? '+' : ''}${change.toFixed(1)} %`;
}

/** The same for a terminal. */
export function comparisonText(comparison: Comparison): string {
  const { columns, rows } = comparisonTable(comparison);
  return alignedTable([columns, ...rows.map((row) => row.map(String))]).join('\n');
}

/** For programs: one row per method, numbers in full, empty where there is none. */
export function comparisonCsv(comparison: Comparison): string {
  const { metrics, losses } = comparison;
  const header = [
    'method',
    'kind',
    'learningRate',
    ...metrics.flatMap(({ name }) => [`metric/${name}/mean`, `metric/${name}/standardError`]),
    ...losses.flatMap((loss) => [`loss/${loss}/mean`, `loss/${loss}/standardError`]),
    ...losses.map((loss) => `weight/${loss}/mean`),
    'deltaM/mean',
    'deltaM/standardError',
    'worstTask',
    'worstChange',
    'meanRank',
    'isOnFront',
    'pValue',
    'beatsStatic',
    'diverged',
    'secondsPerStep',
    'tuningRuns',
    'tuningSeconds',
  ];
  const lines = sortedRows(comparison).map((row) => [
    row.name,
    row.kind,
    row.learningRate,
    ...metrics.flatMap(({ name }) => [row.metrics[name]!.mean, row.metrics[name]!.standardError]),
    ...losses.flatMap((loss) => [row.losses[loss]!.mean, row.losses[loss]!.standardError]),
    ...losses.map((loss) => row.weights[loss]!.mean),
    row.deltaM.mean,
    row.deltaM.standardError,
    row.worst?.metric,
    row.worst?.change,
    row.meanRank,
    row.isOnFront,
    row.pValue,
    row.beatsStatic,
    row.diverged,
    row.secondsPerStep,
    row.tuning.runs,
    row.tuning.seconds,
  ]);
  return [header, ...lines].map((line) => `${line.map(csvCell).join(',')}\n`).join('');
}
