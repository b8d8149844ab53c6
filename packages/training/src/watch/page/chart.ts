/** One chart of the page: two canvases (the curves, and what moves over them), a legend, the pointer and the keyboard. */
import type { ChartSpec } from './charts-of.js';
import type { Extent } from './column.js';
import { element } from './dom.js';
import { type Box, type ChartFrame, frameOf, readLines } from './frame.js';
import { addKeys } from './keys.js';
import { Legend, textOf } from './legend.js';
import { paintChart, paintOverlay } from './paint.js';
import type { Palette } from './palette.js';
import { addPointer } from './pointer.js';
import type { View } from './view.js';

export class Chart {
  readonly element: HTMLElement;
  readonly #title = element('h3');
  readonly #legend = new Legend();
  readonly #curves = element('canvas', { 'aria-hidden': 'true' });
  readonly #overlay = element('canvas', { tabindex: '0', role: 'application', 'aria-roledescription': 'line chart' });
  readonly #plot = element('div', { class: 'plot' }, this.#curves, this.#overlay);
  readonly #view: View;
  #spec: ChartSpec;
  #frame: ChartFrame | undefined;
  #zoomY: Extent | null = null;
  #selection: Box | null = null;
  #size = { width: 0, height: 0 };
  /** On the screen, or nearly. */
  isVisible = false;

  /** @param say gives a text to screen readers. */
  constructor(spec: ChartSpec, view: View, say: (text: string) => void) {
    this.#spec = spec;
    this.#view = view;
    this.element = element('figure', { class: 'chart' }, this.#title, this.#legend.element, this.#plot);
    addPointer(this.#overlay, {
      frame: () => this.#frame,
      onMove: (cursor) => view.set({ cursor }),
      onSelect: (selection) => {
        this.#selection = selection;
        view.set({ cursor: view.choices.cursor });
      },
      onZoom: (x, y) => this.#zoomTo(x, y),
      onReset: () => this.#zoomTo(null, null),
    });
    addKeys(this.#overlay, {
      frame: () => this.#frame,
      view,
      onReset: () => this.#zoomTo(null, null),
      onMoved: () => say(this.#spokenValues()),
    });
  }

  /** Takes other lines or other choices; nothing is drawn yet. */
  update(spec: ChartSpec): void {
    this.#spec = spec;
    if (this.#title.textContent !== spec.title) this.#title.textContent = spec.title;
    this.#legend.setLines(spec.lines);
  }

  get plot(): HTMLElement {
    return this.#plot;
  }

  get lines() {
    return this.#spec.lines;
  }

  resize(width: number, height: number): void {
    this.#size = { width, height };
  }

  resetZoom(): void {
    this.#zoomY = null;
  }

  /** @param range the visible part of the horizontal axis, which all charts share. */
  draw(range: Extent, palette: Palette): void {
    const { width, height } = this.#size;
    if (width < 20) return;
    this.#frame = frameOf(this.#spec, this.#view, range, this.#zoomY, { width, height });
    const context = fitted(this.#curves, width, height);
    paintChart(context, this.#spec.lines, this.#frame, this.#view, palette);
    this.drawCursor(palette);
    const latest = readLines(this.#spec.lines, this.#view, null).map(
      ({ line, value }) => `${line.label} ${textOf(value)}`,
    );
    this.#overlay.setAttribute('aria-label', `${this.#spec.title}, last values: ${latest.join(', ')}`);
  }

  drawCursor(palette: Palette): void {
    if (!this.#frame) return;
    const { cursor } = this.#view.choices;
    const readings = readLines(this.#spec.lines, this.#view, cursor);
    this.#legend.showValues(readings);
    const context = fitted(this.#overlay, this.#size.width, this.#size.height);
    paintOverlay(context, this.#frame, readings, { cursor, selection: this.#selection, palette });
  }

  #zoomTo(x: Extent | null, y: Extent | null): void {
    this.#zoomY = y;
    this.#view.set({ zoom: x });
  }

  #spokenValues(): string {
    const { cursor } = this.#view.choices;
    if (cursor === null) return '';
    const values = readLines(this.#spec.lines, this.#view, cursor).map(
      ({ line, value }) => `${line.label} ${textOf(value)}`,
    );
    return `${this.#view.describe(cursor)}: ${values.join(', ')}`;
  }
}

/** The canvas in the resolution of the screen; setting a size clears it, so only when it differs. */
function fitted(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio;
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('internal: this browser has no 2d canvas');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
