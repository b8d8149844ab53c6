/** What the reader has chosen, shared by all charts. */
import { formatCell } from '../../format.js';
import { formatSeconds } from './axis.js';
import type { Extent } from './column.js';
import type { Run } from './store.js';

export const UNITS = ['step', 'epoch', 'time'] as const;
export type Unit = (typeof UNITS)[number];

/** Where the steps of a run lie on the horizontal axis; both functions increase. */
export interface StepScale {
  place(step: number): number;
  step(place: number): number;
}

const BY_STEP: StepScale = { place: (step) => step, step: (place) => place };

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

  /** undefined for a run that has no place on the axis of times: none was written yet. */
  scaleOf({ clock, stepsPerEpoch }: Run): StepScale | undefined {
    const { unit } = this.#choices;
    if (unit === 'step') return BY_STEP;
    if (unit === 'epoch') return { place: (step) => step / stepsPerEpoch, step: (place) => place * stepsPerEpoch };
    if (!clock.isRunning) return undefined;
    return { place: (step) => clock.secondsAt(step), step: (place) => clock.stepAt(place) };
  }

  /** A place on the horizontal axis in words. */
  describe(place: number): string {
    const { unit } = this.#choices;
    if (unit === 'time') return `time ${formatSeconds(place)}`;
    return `${unit} ${formatCell(unit === 'step' ? Math.round(place) : place)}`;
  }
}
