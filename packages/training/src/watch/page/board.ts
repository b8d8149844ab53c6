/** All charts and cosine matrices in their sections. Draws once per frame of the screen, only what has changed and can be seen. */
import { Chart } from './chart.js';
import type { ChartSpec, SectionSpec } from './charts-of.js';
import { CosineMap } from './cosine-map.js';
import { arrange, element, setText } from './dom.js';
import { fullRange } from './frame.js';
import type { MapSpec } from './maps-of.js';
import { readPalette } from './palette.js';
import type { View } from './view.js';

interface Section {
  readonly element: HTMLElement;
  readonly note: HTMLElement;
  readonly grid: HTMLElement;
}

/** Charts are drawn a little before they are scrolled into view. */
const AHEAD = '200px';
/** Of one frame: with a million points the charts are drawn one after the other, and the page stays fluid. */
const BUDGET_MS = 10;

export class Board {
  readonly #parent: HTMLElement;
  readonly #view: View;
  readonly #say: (text: string) => void;
  readonly #sections = new Map<string, Section>();
  readonly #charts = new Map<string, Chart>();
  readonly #maps = new Map<string, CosineMap>();
  readonly #byElement = new WeakMap<Element, Chart | CosineMap>();
  readonly #byPlot = new WeakMap<Element, Chart>();
  readonly #dirty = new Set<Chart>();
  #palette = readPalette();
  #isMoved = false;
  #isWaiting = false;
  readonly #seen: IntersectionObserver;
  readonly #sizes: ResizeObserver;

  constructor(parent: HTMLElement, view: View, say: (text: string) => void) {
    this.#parent = parent;
    this.#view = view;
    this.#say = say;
    this.#seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const part = this.#byElement.get(target);
          if (part) part.isVisible = isIntersecting;
        }
        this.#wait();
      },
      { rootMargin: AHEAD },
    );
    this.#sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        const chart = this.#byPlot.get(target);
        if (!chart) continue;
        chart.resize(contentRect.width, contentRect.height);
        this.#dirty.add(chart);
      }
      this.#wait();
    });
  }

  /** Shows these charts and matrices and no others; those that were there stay the same elements. */
  show(specs: readonly SectionSpec[]): void {
    const sections = specs.map((spec) => this.#section(spec));
    arrange(
      this.#parent,
      sections.map((section) => section.element),
    );
    const kept = new Set<string>();
    for (const [index, { charts, maps }] of specs.entries()) {
      for (const { key } of [...maps, ...charts]) kept.add(key);
      const elements = [...maps.map((spec) => this.#map(spec)), ...charts.map((spec) => this.#chart(spec))];
      arrange(sections[index]!.grid, elements);
    }
    for (const [key, chart] of this.#charts) if (!kept.has(key)) this.#remove(key, chart);
    for (const [key, map] of this.#maps) {
      if (kept.has(key)) continue;
      this.#maps.delete(key);
      this.#seen.unobserve(map.element);
    }
    this.redraw();
  }

  /** Everything anew. */
  redraw(): void {
    for (const chart of this.#charts.values()) this.#dirty.add(chart);
    this.#wait();
  }

  moveCursor(): void {
    this.#isMoved = true;
    this.#wait();
  }

  /** After a change of the theme. */
  recolor(): void {
    this.#palette = readPalette();
    this.redraw();
  }

  resetZoom(): void {
    for (const chart of this.#charts.values()) chart.resetZoom();
    this.#view.set({ zoom: null });
  }

  #section({ title, note }: SectionSpec): Section {
    const known = this.#sections.get(title);
    if (known) return known;
    const parts = { note: element('p', { class: 'note' }), grid: element('div', { class: 'charts' }) };
    const made = element('section', { 'aria-label': title }, element('h2', {}, title), parts.note, parts.grid);
    setText(parts.note, note);
    parts.note.hidden = note === '';
    const section = { element: made, ...parts };
    this.#sections.set(title, section);
    return section;
  }

  #chart(spec: ChartSpec): HTMLElement {
    const chart = this.#charts.get(spec.key) ?? this.#add(spec);
    chart.update(spec);
    return chart.element;
  }

  #add(spec: ChartSpec): Chart {
    const chart = new Chart(spec, this.#view, this.#say);
    this.#charts.set(spec.key, chart);
    this.#byElement.set(chart.element, chart);
    this.#byPlot.set(chart.plot, chart);
    this.#seen.observe(chart.element);
    this.#sizes.observe(chart.plot);
    return chart;
  }

  #map(spec: MapSpec): HTMLElement {
    let map = this.#maps.get(spec.key);
    if (!map) {
      map = new CosineMap(spec, this.#view);
      this.#maps.set(spec.key, map);
      this.#byElement.set(map.element, map);
      this.#seen.observe(map.element);
    }
    map.update(spec);
    return map.element;
  }

  #remove(key: string, chart: Chart): void {
    this.#charts.delete(key);
    this.#dirty.delete(chart);
    this.#seen.unobserve(chart.element);
    this.#sizes.unobserve(chart.plot);
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw();
    });
  }

  #draw(): void {
    const charts = [...this.#charts.values()];
    const range =
      this.#view.choices.zoom ??
      fullRange(
        charts.flatMap((chart) => chart.lines),
        this.#view,
      );
    const begin = performance.now();
    // In the order in which they became dirty: while a slider is moved, every chart has its turn.
    for (const chart of [...this.#dirty]) {
      if (!chart.isVisible) continue;
      if (performance.now() - begin > BUDGET_MS) {
        this.#wait();
        break;
      }
      this.#dirty.delete(chart);
      chart.draw(range, this.#palette);
    }
    if (this.#isMoved) for (const chart of charts) if (chart.isVisible) chart.drawCursor(this.#palette);
    this.#isMoved = false;
    for (const map of this.#maps.values()) if (map.isVisible) map.draw();
  }
}
