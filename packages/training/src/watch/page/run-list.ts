/** The list of runs: which are shown, and how far they are. */
import { arrange, byId, element, setText } from './dom.js';
import { swatch } from './legend.js';
import type { Run } from './store.js';

/** Metrics are written every second; a slow step or a validation may take some. */
const RUNNING_MS = 60_000;

interface Entry {
  readonly element: HTMLElement;
  readonly box: HTMLInputElement;
  readonly state: HTMLElement;
  readonly problem: HTMLElement;
}

export class RunList {
  readonly #list = byId('runs', HTMLUListElement);
  readonly #filter = byId('filter', HTMLInputElement);
  readonly #all = byId('all', HTMLButtonElement);
  readonly #entries = new Map<Run, Entry>();
  /** By id: a run that comes back stays hidden. */
  readonly #hidden = new Set<string>();
  readonly #onChange: () => void;
  #runs: readonly Run[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#filter.addEventListener('input', onChange);
    this.#all.addEventListener('click', () => {
      const matching = this.#matching();
      const hide = matching.every((run) => !this.#hidden.has(run.info.id));
      for (const run of matching) this.#setHidden(run, hide);
      onChange();
    });
  }

  /** The runs that match the filter and are not hidden. */
  get visible(): Run[] {
    return this.#matching().filter((run) => !this.#hidden.has(run.info.id));
  }

  show(runs: readonly Run[]): void {
    this.#runs = runs;
    for (const run of this.#entries.keys()) if (!runs.includes(run)) this.#entries.delete(run);
    const matching = this.#matching();
    arrange(
      this.#list,
      matching.map((run) => this.#entry(run).element),
    );
    for (const run of matching) {
      const { state, problem, box } = this.#entry(run);
      setText(state, stateOf(run));
      setText(problem, run.problems.join('; '));
      box.checked = !this.#hidden.has(run.info.id);
    }
    setText(this.#all, matching.every((run) => !this.#hidden.has(run.info.id)) ? 'Hide all' : 'Show all');
  }

  #matching(): Run[] {
    const wanted = this.#filter.value.trim().toLowerCase();
    return this.#runs.filter((run) => run.info.name.toLowerCase().includes(wanted));
  }

  #setHidden(run: Run, hide: boolean): void {
    if (hide) this.#hidden.add(run.info.id);
    else this.#hidden.delete(run.info.id);
  }

  #entry(run: Run): Entry {
    const known = this.#entries.get(run);
    if (known) return known;
    const box = element('input', { type: 'checkbox' });
    box.addEventListener('change', () => {
      this.#setHidden(run, !box.checked);
      this.#onChange();
    });
    const [state, problem] = [element('span', { class: 'state' }), element('span', { class: 'problem' })];
    const name = element('span', { class: 'name' }, run.info.name);
    const made = {
      element: element('li', {}, element('label', {}, box, swatch(run), name, state, problem)),
      box,
      state,
      problem,
    };
    this.#entries.set(run, made);
    return made;
  }
}

function stateOf(run: Run): string {
  if (run.info.updated === 0) return 'nothing written yet';
  const { epochs } = run.info.config;
  const total = typeof epochs === 'number' ? epochs : undefined;
  const isRunning = Date.now() - run.info.updated < RUNNING_MS;
  const state = run.lastEpoch === total || hasAllSteps(run) ? 'finished' : isRunning ? 'running' : 'not running';
  const epoch = run.lastEpoch > 0 ? `, epoch ${run.lastEpoch}${total === undefined ? '' : ` of ${total}`}` : '';
  return `${state}${epoch}, step ${run.lastStep}`;
}

/** Of a run that is to have so many steps, as one of PPO: another record as long as the last would be too much. */
function hasAllSteps(run: Run): boolean {
  const { steps } = run.info.config;
  const { length } = run.table('step');
  if (typeof steps !== 'number' || length === 0) return false;
  const last = run.table('step').stepAt(length - 1);
  return 2 * last - (length > 1 ? run.table('step').stepAt(length - 2) : 0) > steps;
}
