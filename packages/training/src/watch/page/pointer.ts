/** The pointer in a chart: values where it is, a frame where it is dragged, everything again at a double click. */
import type { Extent } from './column.js';
import type { Box, ChartFrame } from './frame.js';

export interface PointerActions {
  readonly frame: () => ChartFrame | undefined;
  /** A place on the horizontal axis; null when the pointer has left. */
  readonly onMove: (place: number | null) => void;
  /** The frame that is being drawn, in pixels; null when it is finished. */
  readonly onSelect: (selection: Box | null) => void;
  /** `y` is null for a frame that is flat: it means a stretch of the horizontal axis. */
  readonly onZoom: (x: Extent, y: Extent | null) => void;
  readonly onReset: () => void;
}

/** Less is a click with an unsteady hand. */
const MIN_DRAG = 6;
/** A flat frame is one along the axis, not of these values. */
const MIN_HEIGHT = 14;

export function addPointer(target: HTMLElement, { frame, onMove, onSelect, onZoom, onReset }: PointerActions): void {
  let start: { x: number; y: number } | null = null;
  const place = (event: PointerEvent) => ({ x: event.offsetX, y: event.offsetY });

  target.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    start = place(event);
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener('pointermove', (event) => {
    const shown = frame();
    if (!shown) return;
    const now = place(event);
    onMove(shown.x.value(clamp01((now.x - shown.plot.left) / shown.plot.width)));
    if (start && Math.abs(now.x - start.x) >= MIN_DRAG) onSelect(selectionOf(start, now, shown.plot));
  });
  target.addEventListener('pointerup', (event) => {
    const [shown, from, to] = [frame(), start, place(event)];
    start = null;
    if (!shown || !from || Math.abs(to.x - from.x) < MIN_DRAG) return;
    onSelect(null);
    const { plot, x, y } = shown;
    const { left, top, width, height } = selectionOf(from, to, plot);
    const share = (pixels: number) => (pixels - plot.left) / plot.width;
    const rise = (pixels: number) => 1 - (pixels - plot.top) / plot.height;
    onZoom(
      { low: x.value(share(left)), high: x.value(share(left + width)) },
      height < plot.height ? { low: y.value(rise(top + height)), high: y.value(rise(top)) } : null,
    );
  });
  target.addEventListener('pointercancel', () => {
    start = null;
    onSelect(null);
  });
  target.addEventListener('pointerleave', () => onMove(null));
  target.addEventListener('dblclick', onReset);
}

/** The frame between two points; of full height when it is flat. */
function selectionOf(a: { x: number; y: number }, b: { x: number; y: number }, plot: Box): Box {
  const within = (value: number, low: number, size: number) => Math.min(Math.max(value, low), low + size);
  const [x1, x2] = [a.x, b.x].map((x) => within(x, plot.left, plot.width)).sort((p, q) => p - q) as [number, number];
  const [y1, y2] = [a.y, b.y].map((y) => within(y, plot.top, plot.height)).sort((p, q) => p - q) as [number, number];
  if (y2 - y1 < MIN_HEIGHT) return { left: x1, top: plot.top, width: x2 - x1, height: plot.height };
  return { left: x1, top: y1, width: x2 - x1, height: y2 - y1 };
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
