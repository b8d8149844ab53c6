/** The options of the runs side by side, those first that differ. */
import { type ConfigRow, configRows } from './config-rows.js';
import { element } from './dom.js';
import type { Run } from './store.js';

export class ConfigTable {
  readonly element = element('section', { 'aria-label': 'Options' });
  readonly #all = element('input', { type: 'checkbox' });
  readonly #choice = element('label', {}, this.#all, ' also those that are the same');
  readonly #scroll = element('div', { class: 'scroll' });
  #shown = '';
  #runs: readonly Run[] = [];

  constructor() {
    const heading = element('div', { class: 'tools-inline' }, element('h2', {}, 'Options'), this.#choice);
    this.element.append(heading, this.#scroll);
    this.#all.addEventListener('change', () => this.show(this.#runs));
  }

  show(runs: readonly Run[]): void {
    this.#runs = runs;
    const isComparison = runs.length > 1;
    const rows = configRows(runs.map((run) => run.info.config)).filter(
      ({ differs }) => differs || !isComparison || this.#all.checked,
    );
    const names = runs.map((run) => run.info.name);
    const key = JSON.stringify([names, rows]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = runs.every((run) => Object.keys(run.info.config).length === 0);
    this.#choice.hidden = !isComparison;
    this.#scroll.replaceChildren(rows.length > 0 ? table(names, rows, isComparison) : 'No differences.');
  }
}

function table(names: readonly string[], rows: readonly ConfigRow[], isComparison: boolean): HTMLElement {
  const head = ['option', ...names].map((name) => element('th', { scope: 'col' }, name));
  const body = rows.map(({ option, values, differs }) =>
    element(
      'tr',
      isComparison && differs ? { class: 'different' } : {},
      element('th', { scope: 'row' }, option),
      ...values.map((value) => element('td', {}, value)),
    ),
  );
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
}
