/** Line charts as SVG text, without a script: for the report, and for anything else that shows a run. */
import {
  type Area,
  chartSvg,
  drawAxes,
  LEGEND_ROW,
  pixels,
  plotArea,
  seriesColor,
  TITLE_HEIGHT,
  text,
  WIDTH,
} from './chart-frame.js';
import { linearScale, logScale, type Scale } from './chart-scale.js';
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

/** More points than pixels show nothing more. */
const MAX_POINTS = 1200;
/** Points are marked, and say their value when pointed at, while there are this few. */
const MAX_MARKS = 60;

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
  const plot = plotArea(legend.rows);
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
  return chartSvg({ title: options.title, description: describe(series, options.xLabel), body });
}

function drawSeries(series: ChartSeries, x: Scale, y: Scale, { left, top, right, bottom }: Area): string {
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
