/** How values are spread, as bars; SVG text like the line charts. */
import { chartSvg, drawAxes, INK, pixels, plotArea, seriesColor, text } from './chart-frame.js';
import { linearScale } from './chart-scale.js';
import { formatCell } from './format.js';
import { escapeHtml } from './html.js';

export interface HistogramOptions {
  readonly title: string;
  readonly xLabel: string;
  /** The two ends of the axis; what lies outside, NaN too, is not counted. The upper end belongs to the last bar. */
  readonly range: readonly [low: number, high: number];
  /** Number of bars, at least 1. */
  readonly bins: number;
  /** A dashed line across the bars, with its meaning. */
  readonly mark?: { readonly at: number; readonly label: string };
}

/**
 * A histogram as an SVG element of 560 x 300 user units that scales with its container.
 * @throws RangeError if `bins` is no integer above 0 or `range` is empty.
 */
export function histogram(values: readonly number[], options: HistogramOptions): string {
  const { title, xLabel, range, bins, mark } = options;
  const [low, high] = range;
  const counts = countBins(values, options);
  const plot = plotArea(0);
  const x = linearScale(range, { tickCount: 10, tight: true });
  const y = linearScale([0, Math.max(1, ...counts)], { tickCount: 4, integers: true });
  const xAt = (value: number) => pixels(plot.left + x.position(value) * (plot.right - plot.left));
  const yAt = (value: number) => pixels(plot.bottom + y.position(value) * (plot.top - plot.bottom));
  const edge = (bin: number) => low + (bin * (high - low)) / bins;
  const bars = counts.map((count, bin) => {
    if (count === 0) return '';
    const [left, right] = [xAt(edge(bin)), xAt(edge(bin + 1))];
    const label = `${count} from ${formatCell(edge(bin))} to ${formatCell(edge(bin + 1))}`;
    const place = `x="${pixels(left + 1)}" y="${yAt(count)}" width="${pixels(right - left - 2)}" height="${pixels(plot.bottom - yAt(count))}"`;
    return `<rect ${place} rx="1.5" fill="${seriesColor(0)}"><title>${escapeHtml(label)}</title></rect>`;
  });
  const line = mark
    ? `<path d="M${xAt(mark.at)} ${plot.top}V${plot.bottom}" stroke="${INK}" stroke-dasharray="4 4"/>${text(xAt(mark.at) + 6, plot.top + 4, mark.label, 'start')}`
    : '';
  const sentences = counts.flatMap((count, bin) => {
    return count === 0 ? [] : [`${count} from ${formatCell(edge(bin))} to ${formatCell(edge(bin + 1))}.`];
  });
  const body = [drawAxes(x, y, plot, xLabel), ...bars, line];
  return chartSvg({ title, description: sentences.join(' ') || 'No data.', body });
}

function countBins(values: readonly number[], { range: [low, high], bins }: HistogramOptions): number[] {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`"bins" must be an integer >= 1, got ${bins}`);
  if (!(low < high)) throw new RangeError(`"range" must rise, got ${low} to ${high}`);
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (!(value >= low && value <= high)) continue;
    counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]!++;
  }
  return counts;
}
