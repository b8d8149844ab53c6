/** Painting a chart on its canvas, in CSS pixels. */
import { type Box, type ChartFrame, type Reading, shownCurve } from './frame.js';
import type { Line } from './line.js';
import { colorIndex, dashOf, type Palette } from './palette.js';
import type { Curve } from './smoothing.js';
import { trace } from './trace.js';
import type { View } from './view.js';

type Context = CanvasRenderingContext2D;

/** Radius of a marked value; the first and the last one stand on the edge of the plot. */
const MARK = 3.5;

const DASH_PATTERNS = { '': [], dashed: [7, 4], dotted: [2, 4] };

export function paintChart(context: Context, lines: readonly Line[], frame: ChartFrame, view: View, palette: Palette) {
  const { plot } = frame;
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  paintAxes(context, frame, palette);
  context.save();
  context.beginPath();
  context.rect(plot.left - MARK, plot.top - MARK, plot.width + 2 * MARK, plot.height + 2 * MARK);
  context.clip();
  context.translate(plot.left, plot.top);
  context.lineJoin = 'round';
  for (const line of lines) {
    if (shownCurve(line, view) !== line) paintLine(context, line, line, { frame, view, palette, isFaint: true });
  }
  for (const line of lines) {
    paintLine(context, line, shownCurve(line, view), { frame, view, palette, isFaint: false });
  }
  context.restore();
  if (lines.every(({ table, run }) => table.length === 0 || !view.scaleOf(run))) {
    context.fillStyle = palette.muted;
    context.textAlign = 'center';
    context.fillText('no data', plot.left + plot.width / 2, plot.top + plot.height / 2);
  }
}

function paintAxes(context: Context, { x, y, plot }: ChartFrame, palette: Palette): void {
  context.font = '11px system-ui, sans-serif';
  context.lineWidth = 1;
  context.strokeStyle = palette.grid;
  context.fillStyle = palette.muted;
  context.beginPath();
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of y.ticks) {
    const at = Math.round(plot.top + (1 - y.position(tick)) * plot.height) + 0.5;
    context.moveTo(plot.left, at);
    context.lineTo(plot.left + plot.width, at);
    context.fillText(y.format(tick), plot.left - 6, at);
  }
  context.stroke();
  context.textBaseline = 'top';
  const bottom = plot.top + plot.height;
  for (const tick of x.ticks) {
    const at = plot.left + x.position(tick) * plot.width;
    const text = x.format(tick);
    // Neither end of a label may leave the canvas.
    const room = context.measureText(text).width / 2;
    context.textAlign = 'center';
    context.fillText(text, Math.min(at, plot.left + plot.width + 8 - room), bottom + 7);
  }
  context.strokeStyle = palette.muted;
  context.beginPath();
  context.moveTo(plot.left, bottom + 0.5);
  context.lineTo(plot.left + plot.width, bottom + 0.5);
  context.stroke();
}

interface LineStyle {
  readonly frame: ChartFrame;
  readonly view: View;
  readonly palette: Palette;
  readonly isFaint: boolean;
}

function paintLine(context: Context, line: Line, curve: Curve, { frame, view, palette, isFaint }: LineStyle): void {
  const { plot, x, y } = frame;
  const scale = view.scaleOf(line.run);
  if (!scale) return;
  const color = palette.series[colorIndex(line.color)]!;
  context.globalAlpha = isFaint ? 0.28 : 1;
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = isFaint ? 1 : line.isMarked ? 1 : 1.75;
  context.setLineDash(isFaint ? [] : DASH_PATTERNS[dashOf(line.color)]);
  const dots: number[] = [];
  const isFew = line.isMarked && curve.column.length <= plot.width / 4;
  const pen = {
    moveTo: (px: number, py: number) => {
      if (isFew) dots.push(px, py);
      context.moveTo(px, py);
    },
    lineTo: (px: number, py: number) => {
      if (isFew) dots.push(px, py);
      context.lineTo(px, py);
    },
    dot: (px: number, py: number) => void dots.push(px, py),
  };
  context.beginPath();
  trace(pen, curve.table, curve.column, {
    x: (step) => x.position(scale.place(step)) * plot.width,
    step: (px) => scale.step(x.value(px / plot.width)),
    width: Math.ceil(plot.width),
    y: (value) => (1 - y.position(value)) * plot.height,
    floor: plot.height + 2,
  });
  context.stroke();
  context.beginPath();
  for (let at = 0; at < dots.length; at += 2) {
    context.moveTo(dots[at]!, dots[at + 1]!);
    context.arc(dots[at]!, dots[at + 1]!, isFaint ? 1.2 : MARK - 1, 0, 2 * Math.PI);
  }
  context.setLineDash([]);
  if (line.isMarked) {
    // A rim in the colour of the ground lifts the marks off the lines that they lie on.
    context.strokeStyle = palette.card;
    context.lineWidth = 2;
    context.stroke();
  }
  context.fill();
  context.globalAlpha = 1;
}

/** What lies over the chart: the cursor with its values, and the frame that is being drawn. */
export function paintOverlay(
  context: Context,
  { x, y, plot }: ChartFrame,
  readings: readonly Reading[],
  { cursor, selection, palette }: { cursor: number | null; selection: Box | null; palette: Palette },
): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  const position = cursor === null ? Number.NaN : x.position(cursor);
  if (position >= 0 && position <= 1) {
    context.strokeStyle = palette.muted;
    context.beginPath();
    const at = Math.round(plot.left + position * plot.width) + 0.5;
    context.moveTo(at, plot.top);
    context.lineTo(at, plot.top + plot.height);
    context.stroke();
    for (const { line, value, at: place } of readings) {
      const [px, py] = [x.position(place), y.position(value)];
      if (!(px >= 0 && px <= 1 && py >= 0 && py <= 1)) continue;
      context.fillStyle = palette.series[colorIndex(line.color)]!;
      context.beginPath();
      context.arc(plot.left + px * plot.width, plot.top + (1 - py) * plot.height, 3.5, 0, 2 * Math.PI);
      context.fill();
    }
  }
  if (!selection) return;
  context.strokeStyle = palette.accent;
  context.fillStyle = palette.accent;
  context.globalAlpha = 0.15;
  context.fillRect(selection.left, selection.top, selection.width, selection.height);
  context.globalAlpha = 1;
  context.strokeRect(selection.left + 0.5, selection.top + 0.5, selection.width, selection.height);
}
