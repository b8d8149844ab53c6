/** A diagnosis as a page: the finding, what to do, tables, a heat map of the angles, and curves of the measured steps. */
import { type ChartSeries, lineChart } from '../chart.js';
import type { Json } from '../json.js';
import { type ReportSection, renderReport } from '../report.js';
import type { ReportHeatMap } from '../report-heat-map.js';
import { type CommandOf, headline } from './describe.js';
import type { Diagnosis } from './diagnose.js';
import { checkMeasurements, type Measured, type Measurement } from './measurement.js';
import { known } from './statistics.js';
import { lossTable, type Rows, scenarioTable } from './tables.js';

export interface DiagnosisPage {
  /** Of what, such as the name of a file. */
  readonly title: string;
  readonly diagnosis: Diagnosis;
  /** Those that the diagnosis was made of. */
  readonly measurements: readonly Measurement[];
  readonly commandOf: CommandOf;
  readonly config: { readonly [option: string]: Json };
}

/** The text of an HTML file that needs nothing else. */
export function renderDiagnosis({ title, diagnosis, measurements, commandOf, config }: DiagnosisPage): string {
  const measured = checkMeasurements(
    measurements,
    diagnosis.losses.map(({ name }) => name),
  );
  const { finding, recommendations, notes } = diagnosis;
  const advice = recommendations.map((one) => [headline(one), one.reason, commandOf(one) ?? '–']);
  const sections: ReportSection[] = [
    { title: 'What to do', table: { columns: ['best first', 'why', 'command'], rows: advice } },
    { title: 'Losses', text: LOSSES_NOTE, table: tableOf(lossTable(diagnosis)), charts: lossCharts(measured) },
    { title: 'Who moves the shared parameters', text: SHARES_NOTE, table: tableOf(scenarioTable(diagnosis)) },
    {
      title: 'Gradients',
      text: GRADIENTS_NOTE,
      charts: gradientCharts(measured, diagnosis),
      heatMaps: cosineMaps(measured.names, diagnosis.pairs),
    },
    { title: 'Notes', table: { columns: ['what else there is to know'], rows: notes.map((note) => [note]) } },
  ];
  return renderReport({ title, summary: `Finding: ${finding.sentence}.`, runs: [], sections, config });
}

const LOSSES_NOTE =
  'Value: mean of the raw loss. Scale: mean of its absolute value. Noise: standard deviation from step to step without the trend, as a share of the scale. Gradient: median L2 norm on the shared parameters. Shares: those of the plain sum.';
const SHARES_NOTE =
  'Squares: |w g|² over the sum of all. Decrease: w g·d over d·d with d = Σ w g, both summed over the steps; the share of a loss in what a small step along −d takes off the total. They add up to 100 %; below 0 the step raises that loss. The last row replays the recommended method on the same steps.';
const GRADIENTS_NOTE =
  'Of each raw loss on the shared parameters. Cosine: 1 the same direction, 0 nothing to do with each other, −1 against each other.';

function tableOf([columns = [], ...rows]: Rows): NonNullable<ReportSection['table']> {
  return { columns, rows };
}

/** A loss that has both signs has no logarithm. */
function lossCharts({ names, steps }: Measured): string[] {
  const series = names.map((name, color) =>
    seriesOf(
      name,
      color,
      steps.map(({ losses }) => losses[color]!),
    ),
  );
  const isPositive = series.every(({ y }) => known(y).every((loss) => loss > 0));
  return [lineChart(series, { title: 'Raw losses', xLabel: 'step', yAxis: isPositive ? 'log' : 'linear' })];
}

function gradientCharts({ names, steps }: Measured, { pairs }: Diagnosis): string[] {
  const norms = names.map((name, color) =>
    seriesOf(
      name,
      color,
      steps.map((step) => step.norms[color]!),
    ),
  );
  const angles = pairs.map(({ losses }, color) => {
    const [i, j] = losses.map((name) => names.indexOf(name));
    return seriesOf(
      losses.join(', '),
      color,
      steps.map(({ cosines }) => cosines[i!]![j!]!),
    );
  });
  const isMeasured = (series: readonly ChartSeries[]) => series.some(({ y }) => known(y).length > 0);
  const axis = { xLabel: 'step' };
  return [
    ...(isMeasured(norms) ? [lineChart(norms, { ...axis, title: 'Gradient norms', yAxis: 'log' })] : []),
    ...(isMeasured(angles)
      ? [lineChart(angles.slice(0, MAX_LINES), { ...axis, title: 'Cosines', yInclude: [-1, 1] })]
      : []),
  ];
}

/** More lines than colours can be told apart say nothing; the heat map has all pairs. */
const MAX_LINES = 6;

function cosineMaps(names: readonly string[], pairs: Diagnosis['pairs']): ReportHeatMap[] {
  if (!pairs.some(({ cosine }) => cosine !== null)) return [];
  const cosines = names.map(() => names.map(() => Number.NaN));
  for (const { losses, cosine } of pairs) {
    const [i, j] = losses.map((name) => names.indexOf(name));
    cosines[i!]![j!] = cosine ?? Number.NaN;
    cosines[j!]![i!] = cosine ?? Number.NaN;
  }
  return [{ title: 'Mean cosines', names, cosines }];
}

function seriesOf(name: string, color: number, y: readonly number[]): ChartSeries {
  return { name, color, x: y.map((_, at) => at + 1), y };
}
