/** What the reader has chosen, shared by all charts. */
import type { Extent } from './column.js';
import type { Run } from './store.js';

export type Unit = 'step' | 'epoch';

interface Choices {
  /** Of the horizontal axis. */
  unit: Unit;
  /** Time constant in steps; 0 for none. */
  smoothing: number;
  logAxes: boolean;
  /** The visible part of the horizontal axis, in units; null for all. */
  zoom: Extent | null;
  /** Where values are read, in units; null for nowhere. */
  cursor: number | null;
}

export class View {
  #choices: Choices = { unit: 'step', smoothing: 0, logAxes: true, zoom: null, cursor: null };
  readonly #onChange: (change: 'drawing' | 'cursor') => void;

  /** @param onChange told after every change; a cursor that moves needs no new drawing. */
  constructor(onChange: (change: 'drawing' | 'cursor') => void) {
    this.#onChange = onChange;
  }

  get choices(): Readonly<Choices> {
    return this.#choices;
  }

  set(change: Partial<Choices>): void {
    // Both are places on the old axis.
    const moved = change.unit && change.unit !== this.#choices.unit ? { zoom: null, cursor: null } : {};
    this.#choices = { ...this.#choices, ...change, ...moved };
    this.#onChange(Object.keys(change).every((name) => name === 'cursor') ? 'cursor' : 'drawing');
  }

  /** How many units a step is. */
  unitsPerStep(run: Run): number {
    return this.#choices.unit === 'epoch' ? 1 / run.stepsPerEpoch : 1;
  }
}
