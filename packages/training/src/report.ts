/**
 * The report of one run, or of several side by side: one HTML file that needs nothing else, neither network nor script,
 * in the reader's light or dark colours.
 */
import { formatCell } from './format.js';
import { escapeHtml } from './html.js';
import type { Json } from './json.js';
import type { Series } from './records.js';
import { balanceCharts, lossCharts, metricCharts, type ReportRun } from './report-charts.js';
import { STYLE } from './report-style.js';

export interface ReportData {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly summary?: string;
  /** One run, or several to be compared: their losses and metrics share the charts. */
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
  readonly table?: ReportTable;
  readonly pictures?: readonly ReportPicture[];
}

export interface ReportTable {
  readonly columns: readonly string[];
  /** As many cells as columns; numbers are rounded to four digits and stand right. */
  readonly rows: readonly (readonly (string | number | null)[])[];
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
    section('Metrics', 'On the validation set.', renderCharts(metricCharts(runs))),
    section('Samples', '', renderPictures(samples)),
    ...sections.map(({ title, text = '', table, pictures }) => {
      return section(title, '', paragraph(text) + renderTable(table) + renderPictures(pictures));
    }),
    section('Configuration', '', renderTable({ columns: ['option', 'value'], rows: flatten(config) })),
    section('Environment', '', renderTable({ columns: ['field', 'value'], rows: flatten(environment ?? {}) })),
  ];
  return pageStart(escapeHtml(title)) + body.filter((part) => part !== '').join('\n') + PAGE_END;
}

const LOSSES_NOTE =
  'Raw losses, before any weight, on a logarithmic axis. Solid: training, mean of the epoch. Dashed: validation. Faint: single training steps.';
const BALANCE_NOTE =
  'Weight: what a loss is multiplied by, on a logarithmic axis. Share: how much of the weighted total it then is, |weight × loss| over the sum of all. A loss whose share stays near zero is drowned by the others. Faint: single training steps.';

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

function renderTable(table?: ReportTable): string {
  if (!table || table.rows.length === 0) return '';
  const { columns, rows } = table;
  const isNumeric = columns.map((_, at) => rows.every((row) => typeof row[at] !== 'string'));
  const cell = (tag: 'td' | 'th', content: string, at: number) =>
    `<${tag}${isNumeric[at] ? ' class="number"' : ''}>${escapeHtml(content)}</${tag}>`;
  const body = rows.map((row, index) => {
    if (row.length !== columns.length) {
      throw new RangeError(`row ${index} must have ${columns.length} cells (${columns.join(', ')}), got ${row.length}`);
    }
    return `<tr>${row.map((value, at) => cell('td', showCell(value), at)).join('')}</tr>`;
  });
  const head = `<thead><tr>${columns.map((name, at) => cell('th', name, at)).join('')}</tr></thead>`;
  return `<div class="scroll"><table>${head}<tbody>${body.join('')}</tbody></table></div>`;
}

function showCell(value: string | number | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? formatCell(value) : value;
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
