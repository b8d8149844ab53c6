/** Line charts as SVG text, without a script: for the report, and for anything else that shows a run. */
import { formatTick, linearScale, logScale, type Scale } from './chart-scale.js';
import { downsample, type Point } from './downsample.js';
import { formatCell } from './format.js';
import { escapeHtml } from './html.js';

export interface ChartSeries {
  /** The text of the legend; the same name in the same look appears once. Without a name: not in the legend. */
  readonly name?: string;
  readonly x: readonly number[];
  /** As many as x. NaN and infinities are gaps, and so is what a log axis cannot show. */
  readonly y: readonly number[];
  /** Which colour of the palette, from 0; the palette repeats after six. */
  readonly color: number;
  /** `faint` for raw values behind a smoother line. Default `solid`. */
  readonly look?: 'solid' | 'dashed' | 'faint';
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  /** Default linear. */
  readonly yAxis?: 'linear' | 'log';
  /** Values that the y axis must cover besides the data, for example [0, 1] for shares. */
  readonly yInclude?: readonly number[];
}

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 18;
const BOTTOM = 42;
const TITLE_HEIGHT = 40;
const LEGEND_ROW = 18;
/** More points than pixels show nothing more. */
const MAX_POINTS = 1200;
/** Points are marked, and say their value when pointed at, while there are this few. */
const MAX_MARKS = 60;

/**
 * Okabe and Ito's colours, which people with any of the usual colour deficiencies can tell apart, in the order of their
 * contrast on white. A page may set --series-0 to --series-5 for another background, and --ink, --muted, --grid.
 */
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

const seriesColor = (index: number) => {
  const at = index % PALETTE.length;
  return `var(--series-${at}, ${PALETTE[at]})`;
};
const INK = 'var(--ink, #1f2328)';
const MUTED = 'var(--muted, #59636e)';
const GRID = 'var(--grid, #e4e7eb)';

/**
 * A line chart as an SVG element of 560 x 300 user units that scales with its container.
 * @throws RangeError if x and y of a series differ in length.
 */
export function lineChart(series: readonly ChartSeries[], options: ChartOptions): string {
  for (const { name, x, y } of series) {
    if (x.length === y.length) continue;
    throw new RangeError(`series "${name ?? ''}": "x" and "y" must be equally long, got ${x.length} and ${y.length}`);
  }
  const legend = layOutLegend(series);
  const plot = {
    left: LEFT,
    top: TITLE_HEIGHT + legend.rows * LEGEND_ROW,
    right: WIDTH - RIGHT,
    bottom: HEIGHT - BOTTOM,
  };
  const values = [...series.flatMap(({ y }) => y), ...(options.yInclude ?? [])];
  const x = linearScale(allOf(series.map((one) => one.x)), { tickCount: 8, tight: true, integers: true });
  const y = options.yAxis === 'log' ? logScale(values, { tickCount: 5 }) : linearScale(values, { tickCount: 5 });
  const lines = [...series].sort(faintFirst).map((one) => drawSeries(one, x, y, plot));
  const isEmpty = lines.every((line) => line === '');
  const body = [
    drawAxes(x, y, plot, options.xLabel),
    ...lines,
    isEmpty ? text((plot.left + plot.right) / 2, 160, 'no data', 'middle') : '',
    legend.svg,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escapeHtml(options.title)}</title><desc>${escapeHtml(describe(series, options.xLabel))}</desc>`,
    `<text x="12" y="20" font-size="14" font-weight="600" fill="${INK}">${escapeHtml(options.title)}</text>`,
    ...body,
    '</svg>',
  ].join('');
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function drawAxes(x: Scale, y: Scale, { left, top, right, bottom }: Box, xLabel: string): string {
  const rows = y.ticks.map((tick) => {
    const at = pixels(bottom + y.position(tick) * (top - bottom));
    return `<path d="M${left} ${at}H${right}" stroke="${GRID}"/>${text(left - 8, at + 4, formatTick(tick), 'end')}`;
  });
  const columns = x.ticks.map((tick) => {
    const at = pixels(left + x.position(tick) * (right - left));
    return `<path d="M${at} ${bottom}v4" stroke="${MUTED}"/>${text(at, bottom + 17, formatTick(tick), 'middle')}`;
  });
  const line = `<path d="M${left} ${bottom}H${right}" stroke="${MUTED}"/>`;
  return [...rows, ...columns, line, text((left + right) / 2, bottom + 34, xLabel, 'middle')].join('');
}

function drawSeries(series: ChartSeries, x: Scale, y: Scale, { left, top, right, bottom }: Box): string {
  const points = downsample(
    series.x.map((value, index) => ({ x: value, y: series.y[index]! })),
    MAX_POINTS,
  );
  const placed = points.map((point) => ({
    x: left + visible(x.position(point.x)) * (right - left),
    y: bottom + visible(y.position(point.y)) * (top - bottom),
    point,
  }));
  const runs = splitAtGaps(placed);
  const path = runs.map((run) => `M${run.map((at) => `${pixels(at.x)} ${pixels(at.y)}`).join('L')}`).join('');
  const faint = series.look === 'faint';
  const stroke = `stroke="${seriesColor(series.color)}" stroke-width="${faint ? 1 : 2}"${faint ? ' opacity="0.35"' : ''}`;
  const dash = series.look === 'dashed' ? ' stroke-dasharray="6 4"' : '';
  const line =
    path && `<path d="${path}" fill="none" ${stroke}${dash} stroke-linejoin="round" stroke-linecap="round"/>`;
  // A run of one point is no line, so it is marked in any case.
  const marked = faint || points.length > MAX_MARKS ? runs.filter((run) => run.length === 1) : runs;
  const marks = marked.flat().map((at) => {
    const label = `${series.name ? `${series.name}: ` : ''}${formatCell(at.point.y)} at ${formatCell(at.point.x)}`;
    const circle = `<circle cx="${pixels(at.x)}" cy="${pixels(at.y)}" r="${faint ? 1.5 : 2.5}"`;
    return `${circle} fill="${seriesColor(series.color)}"><title>${escapeHtml(label)}</title></circle>`;
  });
  return line + marks.join('');
}

/** The axes leave out absurd values (1e305): a gap, not a line through the rest of the page. */
function visible(position: number): number {
  return position > -1e-6 && position < 1 + 1e-6 ? position : Number.NaN;
}

/** The stretches of neighbouring points that have a place on both axes. */
function splitAtGaps<T extends Point>(points: readonly T[]): T[][] {
  const runs: T[][] = [[]];
  for (const point of points) {
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) runs.at(-1)!.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Legend entries in as many rows as they need; without fonts at hand a letter counts 6.6 units. */
function layOutLegend(series: readonly ChartSeries[]): { rows: number; svg: string } {
  const entries = new Map<string, ChartSeries>();
  for (const one of series) {
    if (one.name) entries.set(`${one.color} ${one.look} ${one.name}`, one);
  }
  let [x, row] = [12, 0];
  const parts: string[] = [];
  for (const { name = '', color, look } of entries.values()) {
    const width = 30 + name.length * 6.6 + 14;
    if (x > 12 && x + width > WIDTH) [x, row] = [12, row + 1];
    const y = TITLE_HEIGHT + row * LEGEND_ROW;
    const dash = look === 'dashed' ? ' stroke-dasharray="6 4"' : '';
    parts.push(`<path d="M${pixels(x)} ${y - 4}h24" stroke="${seriesColor(color)}" stroke-width="2.5"${dash}/>`);
    parts.push(text(pixels(x + 30), y, name, 'start'));
    x += width;
  }
  return { rows: parts.length > 0 ? row + 1 : 0, svg: parts.join('') };
}

/** What a picture says at a glance, for those who hear it: where every line begins and ends. */
function describe(series: readonly ChartSeries[], xLabel: string): string {
  const sentences = series.flatMap(({ name, x, y }) => {
    const first = y.findIndex(Number.isFinite);
    const last = y.findLastIndex(Number.isFinite);
    if (!name || first < 0) return [];
    const [begin, end] = [first, last].map((at) => `${formatCell(y[at]!)} at ${xLabel} ${formatCell(x[at]!)}`);
    return [first === last ? `${name}: ${begin}.` : `${name}: from ${begin} to ${end}.`];
  });
  return sentences.join(' ') || 'No data.';
}

function faintFirst(a: ChartSeries, b: ChartSeries): number {
  return Number(b.look === 'faint') - Number(a.look === 'faint');
}

function* allOf(lists: readonly (readonly number[])[]): Generator<number> {
  for (const list of lists) yield* list;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${MUTED}">${escapeHtml(content)}</text>`;
}

/** A tenth of a unit is finer than any screen, and keeps the file small. */
function pixels(value: number): number {
  return Math.round(value * 10) / 10;
}
