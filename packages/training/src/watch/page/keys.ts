/** The keyboard in a chart: everything that the pointer can do along the horizontal axis. */
import type { Extent } from './column.js';
import type { ChartFrame } from './frame.js';
import type { View } from './view.js';

export interface KeyActions {
  readonly frame: () => ChartFrame | undefined;
  readonly view: View;
  readonly onReset: () => void;
  /** The cursor has moved. */
  readonly onMoved: () => void;
}

/** Of the visible part. */
const STRIDE = 0.01;
const LONG_STRIDE = 0.1;
const ZOOM = 0.5;

export function addKeys(target: HTMLElement, { frame, view, onReset, onMoved }: KeyActions): void {
  target.addEventListener('keydown', (event) => {
    const shown = frame();
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { range } = shown;
    const cursor = view.choices.cursor ?? (range.low + range.high) / 2;
    const moved = moveOf(event, range, cursor);
    if (moved !== undefined) {
      view.set({ cursor: Math.min(Math.max(moved, range.low), range.high) });
      onMoved();
    } else if (event.key === '+' || event.key === '=') view.set({ zoom: around(cursor, range, ZOOM) });
    else if (event.key === '-') view.set({ zoom: around(cursor, range, 1 / ZOOM) });
    else if (event.key === '0' || event.key === 'Escape') onReset();
    else return;
    event.preventDefault();
  });
  target.addEventListener('blur', () => view.set({ cursor: null }));
}

function moveOf({ key, shiftKey }: KeyboardEvent, range: Extent, cursor: number): number | undefined {
  const stride = (range.high - range.low) * (shiftKey ? LONG_STRIDE : STRIDE);
  if (key === 'ArrowLeft') return cursor - stride;
  if (key === 'ArrowRight') return cursor + stride;
  if (key === 'Home') return range.low;
  if (key === 'End') return range.high;
  return undefined;
}

/** The range made smaller or larger, the cursor staying where it is. */
function around(cursor: number, { low, high }: Extent, factor: number): Extent {
  return { low: cursor - (cursor - low) * factor, high: cursor + (high - cursor) * factor };
}
