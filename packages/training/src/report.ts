/**
 * The report of one run, or of several side by side: one HTML file that needs nothing else, neither network nor script,
 * in the reader's light or dark colours.
 */
import { type HistogramOptions, histogram } from './histogram.js';
import { escapeHtml } from './html.js';
import type { Json } from './json.js';
import type { Series } from './records.js';
import {
  balanceCharts,
  gradientCharts,
  learningRateCharts,
  lossCharts,
  metricCharts,
  type ReportRun,
} from './report-charts.js';
import { cosineMaps, type ReportHeatMap, renderHeatMaps } from './report-heat-map.js';
import { STYLE } from './report-style.js';
import { type ReportMatrix, type ReportTable, renderMatrix, renderTable } from './report-table.js';

export interface ReportData {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly summary?: string;
  /** One run, or several to be compared: their losses and metrics share the charts. None: the sections are the report. */
  readonly runs: readonly ReportRun[];
  readonly samples?: readonly ReportPicture[];
  /** What other packages have to show; after the samples, in this order. */
  readonly sections?: readonly ReportSection[];
  readonly config: { readonly [option: string]: Json };
  /** The content of environment.json. */
  readonly environment?: { readonly [field: string]: Json };
}

export interface ReportPicture {
  /** `data:image/...;base64,...`: the report must not depend on other files. */
  readonly dataUrl: string;
  readonly caption: string;
}

export interface ReportSection {
  readonly title: string;
  readonly text?: string;
  /** SVG elements that a function of this package made, such as `lineChart`. */
  readonly charts?: readonly string[];
  readonly table?: ReportTable;
  readonly matrix?: ReportMatrix;
  readonly heatMaps?: readonly ReportHeatMap[];
  readonly histogram?: HistogramOptions & { readonly values: readonly number[] };
  readonly pictures?: readonly ReportPicture[];
}

/**
 * The text of `report.html`. The same data give the same text.
 * @throws RangeError if a picture is not a data URL of an image, or a row does not fit its columns.
 */
export function renderReport({
  title,
  summary,
  runs,
  samples,
  sections = [],
  config,
  environment,
}: ReportData): string {
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    summary ? `<p class="summary">${escapeHtml(summary)}</p>` : '',
    section('Results', 'After the last epoch.', renderTable(resultsTable(runs))),
    section('Losses', LOSSES_NOTE, renderCharts(lossCharts(runs))),
    section('Weights and shares', BALANCE_NOTE, renderCharts(balanceCharts(runs))),
    section('Gradients', GRADIENTS_NOTE, renderCharts(gradientCharts(runs)) + renderHeatMaps(cosineMaps(runs))),
    section('Learning rate', '', renderCharts(learningRateCharts(runs))),
    section('Metrics', 'On the validation set.', renderCharts(metricCharts(runs))),
    section('Samples', '', renderPictures(samples)),
    ...sections.map(renderSection),
    section('Configuration', '', renderTable({ columns: ['option', 'value'], rows: flatten(config) })),
    section('Environment', '', renderTable({ columns: ['field', 'value'], rows: flatten(environment ?? {}) })),
  ];
  return pageStart(escapeHtml(title)) + body.filter((part) => part !== '').join('\n') + PAGE_END;
}

const LOSSES_NOTE =
  'Raw losses, before any weight, on a logarithmic axis. Solid: training, mean of the epoch. Dashed: validation. Faint: single training steps.';
const BALANCE_NOTE =
  'Weight: what a loss is multiplied by, on a logarithmic axis. Share: how much of the weighted total it then is, |weight × loss| over the sum of all. A loss whose share stays near zero is drowned by the others. Faint: single training steps.';
const GRADIENTS_NOTE =
  'Of the raw losses, in the steps that measured them. Norm: how hard a loss pulls before any weight, on a logarithmic axis. Cosine: 1 where the gradients of two losses point the same way, 0 where they have nothing in common, below 0 where one loss undoes what the other does.';

/** The policy keeps the promise of the file even if a section brought a link: nothing is loaded, nothing runs. */
const pageStart = (title: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
`;
const PAGE_END = '\n</main>\n</body>\n</html>\n';

/** Nothing at all without content: a report shows no heading over an empty place. */
function section(title: string, note: string, content: string): string {
  return content && `<section><h2>${escapeHtml(title)}</h2>${paragraph(note)}${content}</section>`;
}

function renderSection({
  title,
  text = '',
  charts = [],
  table,
  matrix,
  heatMaps = [],
  histogram: bars,
  pictures,
}: ReportSection): string {
  const drawn = renderCharts([...charts, ...(bars ? [histogram(bars.values, bars)] : [])]);
  const tables = renderTable(table) + renderMatrix(matrix) + renderHeatMaps(heatMaps);
  return section(title, '', paragraph(text) + drawn + tables + renderPictures(pictures));
}

function paragraph(text: string): string {
  return text && `<p class="note">${escapeHtml(text)}</p>`;
}

function renderCharts(charts: readonly string[]): string {
  return charts.length > 0 ? `<div class="charts">${charts.join('\n')}</div>` : '';
}

function renderPictures(pictures: readonly ReportPicture[] = []): string {
  const figures = pictures.map(({ dataUrl, caption }) => {
    if (!/^data:image\/[a-z+.-]+;base64,[A-Za-z0-9+/]+=*$/.test(dataUrl)) {
      throw new RangeError(`"dataUrl" must be data:image/...;base64,..., got ${JSON.stringify(dataUrl.slice(0, 60))}`);
    }
    const text = escapeHtml(caption);
    return `<figure><img src="${dataUrl}" alt="${text}" loading="lazy"><figcaption>${text}</figcaption></figure>`;
  });
  return figures.length > 0 ? `<div class="pictures">${figures.join('\n')}</div>` : '';
}

/** The last value of every metric and loss; one column per run. */
function resultsTable(runs: readonly ReportRun[]): ReportTable {
  const groups = [
    { suffix: '', select: (run: ReportRun) => run.curves.metrics },
    { suffix: ' loss, validation', select: (run: ReportRun) => run.curves.valLosses },
    { suffix: ' loss, training', select: (run: ReportRun) => run.curves.trainLosses },
  ];
  const rows = groups.flatMap(({ suffix, select }) => {
    const names = [...new Set(runs.flatMap((run) => Object.keys(select(run))))];
    return names.map((name) => [name + suffix, ...runs.map((run) => lastOf(select(run)[name]))]);
  });
  return { columns: ['', ...runs.map((run) => run.name)], rows };
}

function lastOf(series: Series | undefined): number | null {
  return series?.y.at(-1) ?? null;
}

/** Nested options as dotted names, lists of plain values on one line. */
function flatten(values: { readonly [key: string]: Json }, prefix = ''): [string, string][] {
  return Object.entries(values).flatMap(([key, value]): [string, string][] => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return flatten(value as { readonly [key: string]: Json }, `${prefix}${key}.`);
    }
    return [[prefix + key, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}
