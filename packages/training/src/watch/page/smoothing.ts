/**
 * Exponential moving average over steps: s_t = sum_i e^(-(t - t_i) / tau) x_i / sum_i e^(-(t - t_i) / tau), over all values
 * up to t. Divided by its weights it has no bias towards zero in its first steps (as Adam's moments).
 */
import type { Column } from './column.js';
import { Table } from './table.js';

/** Positions of the slider: off, then four per power of ten. */
const POSITIONS_PER_DECADE = 4;
export const SMOOTHING_POSITIONS = 20;

/** The time constant in steps at a position of the slider: 0 (off), 1, 2, 3, 6, 10, 18, ..., 56234. */
export function timeConstant(position: number): number {
  return position <= 0 ? 0 : Math.round(10 ** ((position - 1) / POSITIONS_PER_DECADE));
}

/** Where the slider stands until somebody moves it: about a hundredth of the longest run. */
export function defaultPosition(steps: number): number {
  const position = 1 + Math.round(POSITIONS_PER_DECADE * Math.log10(Math.max(steps, 1) / 100));
  return Math.min(Math.max(position, 0), SMOOTHING_POSITIONS);
}

/** Values of the average per time constant. Between them it is a straight line, as far as an eye can tell. */
const VALUES_PER_TIME_CONSTANT = 16;

/** A curve: a column, and the table that has its steps. */
export interface Curve {
  readonly table: Table;
  readonly column: Column;
}

class Smoothed {
  readonly timeConstant: number;
  readonly table = new Table();
  readonly #source: Curve;
  /** Rows of the source per value. */
  readonly #stride: number;
  #done = 0;
  #sum = 0;
  #weight = 0;
  #last = Number.NaN;

  constructor(source: Curve, timeConstant: number) {
    this.#source = source;
    this.timeConstant = timeConstant;
    this.#stride = Math.max(1, Math.floor(timeConstant / VALUES_PER_TIME_CONSTANT));
    this.table.append(new Float64Array(), [['value', new Float32Array()]]);
  }

  get column(): Column {
    return this.table.columns.get('value')!;
  }

  /** Goes on where the source has grown. A gap of the source keeps the value before it. */
  update(): void {
    const values = this.#source.column.values;
    const steps = this.#source.table.steps;
    const stride = this.#stride;
    const from = this.#done;
    const count = Math.ceil(values.length / stride) - Math.ceil(from / stride);
    const [newSteps, newValues] = [new Float64Array(count), new Float32Array(count)];
    let written = 0;
    let [sum, weight, last] = [this.#sum, this.#weight, this.#last];
    let [distance, keep] = [Number.NaN, 0];
    for (let row = from; row < values.length; row++) {
      const value = values[row]!;
      const step = steps[row]!;
      // Only finite numbers less themselves are zero.
      if (value - value === 0) {
        // Steps are mostly equally far apart: the exponential is the expensive part.
        if (step - last !== distance) {
          distance = step - last;
          keep = Number.isNaN(distance) ? 0 : Math.exp(-distance / this.timeConstant);
        }
        sum = sum * keep + value;
        weight = weight * keep + 1;
        last = step;
      }
      if (row % stride !== 0) continue;
      newSteps[written] = step;
      newValues[written++] = weight > 0 ? sum / weight : Number.NaN;
    }
    [this.#sum, this.#weight, this.#last, this.#done] = [sum, weight, last, values.length];
    this.table.append(newSteps, [['value', newValues]]);
  }
}

const cache = new WeakMap<Column, Smoothed>();

/** The smoothed curve; kept, and only continued, while the time constant stays. */
export function smoothed(source: Curve, timeConstant: number): Curve {
  let known = cache.get(source.column);
  if (known?.timeConstant !== timeConstant) {
    known = new Smoothed(source, timeConstant);
    cache.set(source.column, known);
  }
  known.update();
  return known;
}
