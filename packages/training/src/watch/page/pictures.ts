/** The sample pictures of the runs; a picture that was drawn anew has another address. */
import { arrange, element } from './dom.js';
import type { Run } from './store.js';

export class Pictures {
  readonly element = element('section', { 'aria-label': 'Samples' }, element('h2', {}, 'Samples'));
  readonly #body = element('div');
  readonly #groups = new Map<string, { element: HTMLDetailsElement; grid: HTMLElement }>();
  readonly #figures = new Map<string, { element: HTMLElement; image: HTMLImageElement }>();

  constructor() {
    this.element.append(this.#body);
  }

  show(runs: readonly Run[]): void {
    const shown = runs.filter((run) => run.info.samples.length > 0);
    this.element.hidden = shown.length === 0;
    const kept = new Set<string>();
    const groups = shown.map((run, index) => {
      const { element: group, grid } = this.#group(run, index === 0);
      const figures = run.info.samples.map(({ name, url }) => {
        const key = url.split('?')[0]!;
        kept.add(key);
        const { element: figure, image } = this.#figure(key, `${run.info.name}: ${name}`, name);
        // The browser keeps the old picture on the screen until the new one is there.
        if (image.getAttribute('src') !== url) image.src = url;
        return figure;
      });
      arrange(grid, figures);
      return group;
    });
    for (const key of this.#figures.keys()) if (!kept.has(key)) this.#figures.delete(key);
    arrange(this.#body, groups);
  }

  #group(run: Run, isOpen: boolean) {
    const known = this.#groups.get(run.info.id);
    if (known) return known;
    const grid = element('div', { class: 'pictures' });
    const made = { element: element('details', {}, element('summary', {}, run.info.name), grid), grid };
    made.element.open = isOpen;
    this.#groups.set(run.info.id, made);
    return made;
  }

  #figure(key: string, alt: string, name: string) {
    const known = this.#figures.get(key);
    if (known) return known;
    const image = element('img', { alt, loading: 'lazy', decoding: 'async' });
    const made = { element: element('figure', {}, image, element('figcaption', {}, name)), image };
    this.#figures.set(key, made);
    return made;
  }
}
