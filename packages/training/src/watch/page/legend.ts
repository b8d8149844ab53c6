/** The list over a chart: which line is which, and what it says at the cursor. */
import { formatNumber } from '../../format.js';
import { element, setText } from './dom.js';
import type { Reading } from './frame.js';
import type { Line } from './line.js';
import { colorIndex, dashOf } from './palette.js';

export class Legend {
  readonly element = element('ul', { class: 'legend' });
  readonly #values: HTMLElement[] = [];
  #shown = '';

  /** Makes the entries anew, but only if they differ. */
  setLines(lines: readonly Line[]): void {
    const key = JSON.stringify(lines.map(({ label, color, isMarked }) => [label, color, isMarked]));
    if (key === this.#shown) return;
    this.#shown = key;
    this.#values.length = 0;
    this.element.replaceChildren(
      ...lines.map((line) => {
        const value = element('span', { class: 'value' });
        this.#values.push(value);
        return element('li', {}, swatch(line), element('span', { class: 'name' }, line.label), value);
      }),
    );
  }

  showValues(readings: readonly Reading[]): void {
    for (const [index, { value }] of readings.entries()) setText(this.#values[index]!, textOf(value));
  }
}

export function swatch({ color, isMarked = false }: { color: number; isMarked?: boolean }): HTMLElement {
  const made = element('span', { class: `swatch ${isMarked ? 'marked' : dashOf(color)}`, 'aria-hidden': 'true' });
  made.style.color = `var(--series-${colorIndex(color)})`;
  return made;
}

/** A value as it is said, too: a gap is a dash. */
export function textOf(value: number): string {
  return Number.isNaN(value) ? '–' : formatNumber(value);
}
