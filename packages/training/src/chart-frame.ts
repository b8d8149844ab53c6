/** What every chart has: its size and colours, title and axes. */
import { formatTick, type Scale } from './chart-scale.js';
import { escapeHtml } from './html.js';

export const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 18;
const BOTTOM = 42;
export const TITLE_HEIGHT = 40;
export const LEGEND_ROW = 18;

/**
 * Okabe and Ito's colours, which people with any of the usual colour deficiencies can tell apart, in the order of their
 * contrast on white. A page may set --series-0 to --series-5 for another background, and --ink, --muted, --grid.
 */
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

/** More lines than these cannot be told apart. */
export const COLORS = PALETTE.length;

export const seriesColor = (index: number) => {
  const at = index % PALETTE.length;
  return `var(--series-${at}, ${PALETTE[at]})`;
};
export const INK = 'var(--ink, #1f2328)';
export const MUTED = 'var(--muted, #59636e)';
const GRID = 'var(--grid, #e4e7eb)';

/** An SVG element of 560 x 300 user units that scales with its container. */
export function chartSvg(chart: { title: string; description: string; body: readonly string[] }): string {
  const title = escapeHtml(chart.title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${title}</title><desc>${escapeHtml(chart.description)}</desc>`,
    `<text x="12" y="20" font-size="14" font-weight="600" fill="${INK}">${title}</text>`,
    ...chart.body,
    '</svg>',
  ].join('');
}

/** Below the title and a legend of so many rows. */
export function plotArea(legendRows: number): Area {
  return { left: LEFT, top: TITLE_HEIGHT + legendRows * LEGEND_ROW, right: WIDTH - RIGHT, bottom: HEIGHT - BOTTOM };
}

/** Of the plot, in user units. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function drawAxes(x: Scale, y: Scale, { left, top, right, bottom }: Area, xLabel: string): string {
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

export function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${MUTED}">${escapeHtml(content)}</text>`;
}

/** A tenth of a unit is finer than any screen, and keeps the file small. */
export function pixels(value: number): number {
  return Math.round(value * 10) / 10;
}
