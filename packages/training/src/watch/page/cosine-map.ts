/**
 * The cosines between the gradients of one run as a table, each cell shaded by its number: at the cursor of the charts, or the
 * latest. A slider below moves that cursor through the steps that have measured.
 */
import { formatCosine, shadeOf } from '../../cosine-matrix.js';
import { element, setText } from './dom.js';
import { readLines } from './frame.js';
import type { MapSpec } from './maps-of.js';
import type { View } from './view.js';

/** With more columns their heads are turned, and the table can be scrolled with the keyboard. */
const MAX_LEVEL_HEADS = 6;

export class CosineMap {
  readonly element: HTMLElement;
  readonly #title = element('h3');
  readonly #when = element('caption');
  readonly #scroll = element('div', { class: 'scroll' });
  readonly #slider = element('input', { type: 'range', min: '0', step: '1', 'aria-label': 'Step of the cosines' });
  readonly #view: View;
  #spec: MapSpec;
  #cells: HTMLElement[][] = [];
  #shown = '';
  /** On the screen, or nearly. */
  isVisible = false;

  constructor(spec: MapSpec, view: View) {
    this.#spec = spec;
    this.#view = view;
    this.element = element('figure', { class: 'chart map' }, this.#title, this.#scroll, this.#slider);
    this.#slider.addEventListener('input', () => {
      const { run } = this.#spec;
      const step = run.table('gradient').stepAt(this.#slider.valueAsNumber);
      view.set({ cursor: view.scaleOf(run)?.place(step) ?? null });
    });
    this.#slider.addEventListener('blur', () => view.set({ cursor: null }));
  }

  /** Takes other lines; nothing is drawn yet. */
  update(spec: MapSpec): void {
    this.#spec = spec;
    setText(this.#title, spec.title);
    const { names } = spec.matrix;
    const key = JSON.stringify(names);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#cells = names.map(() => names.map(() => element('td')));
    this.#scroll.replaceChildren(this.#table(names));
    const isWide = names.length > MAX_LEVEL_HEADS;
    this.#scroll.classList.toggle('upright', isWide);
    if (isWide) this.#scroll.tabIndex = 0;
    else this.#scroll.removeAttribute('tabindex');
  }

  draw(): void {
    const { run, matrix } = this.#spec;
    const table = run.table('gradient');
    const scale = this.#view.scaleOf(run);
    const cursor = scale ? this.#view.choices.cursor : null;
    const row = cursor === null || !scale ? table.length - 1 : table.nearestRow(scale.step(cursor));
    const step = `step ${table.stepAt(row)}`;
    let lowest = { cosine: Number.POSITIVE_INFINITY, pair: '' };
    for (const [i, lines] of matrix.cells.entries()) {
      for (const [j, line] of lines.entries()) {
        const [reading] = line ? readLines([line], this.#view, cursor) : [];
        const cosine = reading?.value ?? Number.NaN;
        if (cosine < lowest.cosine) lowest = { cosine, pair: `${matrix.names[i]} and ${matrix.names[j]}` };
        this.#fill(this.#cells[i]![j]!, i === j ? 1 : cosine, i === j);
      }
    }
    const isSmoothed = this.#view.choices.smoothing > 0;
    setText(this.#when, `${cursor === null ? 'latest, ' : ''}${step}${isSmoothed ? ', smoothed' : ''}`);
    const said = lowest.pair === '' ? step : `${step}, lowest: ${lowest.pair} ${formatCosine(lowest.cosine)}`;
    this.#slide(row, said, scale === undefined);
  }

  #table(names: readonly string[]): HTMLElement {
    const head = (scope: 'col' | 'row', name: string) =>
      element('th', { scope, title: name }, element('span', {}, name));
    const rows = names.map((name, i) => element('tr', {}, head('row', name), ...this.#cells[i]!));
    const heads = element('tr', {}, element('td'), ...names.map((name) => head('col', name)));
    return element('table', {}, this.#when, element('thead', {}, heads), element('tbody', {}, ...rows));
  }

  #fill(cell: HTMLElement, cosine: number, isDiagonal: boolean): void {
    const text = isDiagonal ? '1' : formatCosine(cosine);
    const { kind, share } = isDiagonal ? { kind: 'none', share: 0 } : shadeOf(cosine);
    setText(cell, text);
    if (cell.className !== kind) cell.className = kind;
    cell.style.setProperty('--share', share.toFixed(3));
  }

  #slide(row: number, said: string, isDisabled: boolean): void {
    const table = this.#spec.run.table('gradient');
    const slider = this.#slider;
    const last = String(table.length - 1);
    if (slider.max !== last) slider.max = last;
    // Not where it stands at the same step already, as rows of an odd file may.
    if (table.stepAt(slider.valueAsNumber) !== table.stepAt(row)) slider.valueAsNumber = row;
    if (slider.getAttribute('aria-valuetext') !== said) slider.setAttribute('aria-valuetext', said);
    slider.disabled = isDisabled;
  }
}
