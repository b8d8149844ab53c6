/** Methods as points over two task metrics; those on the Pareto front are filled and named. */
import { chartSvg, drawAxes, INK, pixels, plotArea, seriesColor, text, WIDTH } from '../chart-frame.js';
import { linearScale } from '../chart-scale.js';
import { formatCell } from '../format.js';
import { escapeHtml } from '../html.js';
import type { Row } from './analysis.js';
import type { CompareMetric } from './job.js';
import { placeLabels } from './label-places.js';

const COLORS = { static: 0, random: 4, adaptive: 1 } as const;

/**
 * An SVG element of 560 x 300 units. Rows that diverged are left out, and rows far outside of the others are named instead of
 * drawn. Bars are standard errors.
 */
export function paretoChart(rows: readonly Row[], xMetric: CompareMetric, yMetric: CompareMetric): string {
  const all = rows
    .filter((row) => row.diverged === 0)
    .map((row) => ({ row, x: row.metrics[xMetric.name]!, y: row.metrics[yMetric.name]! }));
  const [isNear, isLevel] = [within(all.map(({ x }) => x.mean)), within(all.map(({ y }) => y.mean))];
  const shown = all.filter(({ row, x, y }) => row.isOnFront || (isNear(x.mean) && isLevel(y.mean)));
  const outside = all.filter((point) => !shown.includes(point)).map(({ row }) => row.name);
  const plot = plotArea(1);
  const ends = (key: 'x' | 'y') =>
    shown.flatMap((point) => {
      const { mean, standardError } = point[key];
      return [mean - (standardError || 0), mean + (standardError || 0)];
    });
  const x = linearScale(ends('x'), { tickCount: 8 });
  const y = linearScale(ends('y'), { tickCount: 5 });
  const across = (value: number) => pixels(plot.left + x.position(value) * (plot.right - plot.left));
  const up = (value: number) => pixels(plot.bottom + y.position(value) * (plot.top - plot.bottom));
  const points = shown.map(({ row, x: h, y: v }) => {
    const [cx, cy, color] = [across(h.mean), up(v.mean), seriesColor(COLORS[row.kind])];
    const [dx, dy] = [h.standardError || 0, v.standardError || 0];
    const bars =
      `<path d="M${across(h.mean - dx)} ${cy}H${across(h.mean + dx)}M${cx} ${up(v.mean - dy)}V${up(v.mean + dy)}" ` +
      `stroke="${color}" opacity="0.6"/>`;
    const label = `${row.name}: ${xMetric.name} ${formatCell(h.mean)}, ${yMetric.name} ${formatCell(v.mean)}`;
    const circle = `<circle cx="${cx}" cy="${cy}" r="4" fill="${row.isOnFront ? color : 'none'}" stroke="${color}" stroke-width="2"/>`;
    return `<g>${bars}${circle}<title>${escapeHtml(label)}</title></g>`;
  });
  const names = shown.filter(({ row }) => row.isOnFront);
  const places = names.map(({ row, x: h, y: v }) => ({ text: row.name, x: across(h.mean), y: up(v.mean) }));
  const labels = placeLabels(places, plot.right).map((label) => text(label.x, label.y, label.text, label.anchor));
  const legend = (['static', 'random', 'adaptive'] as const).map((kind, at) => {
    const left = 12 + 100 * at;
    return `<circle cx="${left + 5}" cy="36" r="4" fill="${seriesColor(COLORS[kind])}"/>${text(left + 14, 40, kind, 'start')}`;
  });
  const title = `${yMetric.name} ${arrow(yMetric)} over ${xMetric.name} ${arrow(xMetric)}`;
  return chartSvg({
    title,
    description: `On the Pareto front: ${names.map(({ row }) => row.name).join(', ') || 'none'}.`,
    body: [
      drawAxes(x, y, plot, `${xMetric.name} ${arrow(xMetric)}`),
      ...points,
      ...labels,
      ...legend,
      ...(outside.length > 0 ? [text(plot.right, plot.top + 14, farOutside(outside), 'end')] : []),
      `<text x="${WIDTH - 18}" y="40" text-anchor="end" fill="${INK}">filled: on the front</text>`,
    ],
  });
}

/**
 * Tukey's outer fences: no further from the quartiles than three times their distance. One method that fails would press all others
 * into a corner.
 */
function within(values: readonly number[]): (value: number) => boolean {
  const sorted = values.toSorted((a, b) => a - b);
  const quartile = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!;
  const [low, high] = [quartile(0.25), quartile(0.75)];
  // Of a few points, or where half of them are equal, the quartiles say nothing.
  const reach = sorted.length >= 8 && high > low ? 3 * (high - low) : Number.POSITIVE_INFINITY;
  return (value) => value >= low - reach && value <= high + reach;
}

function farOutside(names: readonly string[]): string {
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  return `far outside: ${names.slice(0, 4).join(', ')}${more}`;
}

const arrow = ({ higherIsBetter }: CompareMetric) => (higherIsBetter ? '↑' : '↓');
