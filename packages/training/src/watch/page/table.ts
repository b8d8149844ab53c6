/** The rows of one kind of record of a run: steps, and columns of values that belong to them. */
import { Column } from './column.js';

/** A run with more names than this has a mistake in it. */
const MAX_COLUMNS = 512;

export class Table {
  #steps = new Float64Array(64);
  #length = 0;
  readonly #columns = new Map<string, Column>();

  get length(): number {
    return this.#length;
  }

  get columns(): ReadonlyMap<string, Column> {
    return this.#columns;
  }

  /** The steps of all rows; a view that holds until the next `append`. */
  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#length);
  }

  /** The step of a row; NaN where there is none. */
  stepAt(row: number): number {
    return row >= 0 && row < this.#length ? this.#steps[row]! : Number.NaN;
  }

  /**
   * Adds rows. Steps never go back: a smaller one counts as the one before it, so that the rows stay sorted.
   * @param values as many per column as there are steps.
   */
  append(steps: Float64Array, values: readonly (readonly [name: string, values: Float32Array])[]): void {
    const before = this.#length;
    this.#appendSteps(steps);
    for (const [name, column] of values) {
      if (column.length !== steps.length) continue;
      if (!this.#columns.has(name) && this.#columns.size < MAX_COLUMNS) this.#columns.set(name, gap(before));
      this.#columns.get(name)?.append(column);
    }
    for (const column of this.#columns.values()) {
      if (column.length < this.#length) column.append(gaps(this.#length - column.length));
    }
  }

  /** The first row whose step is at least `step`; `length` if there is none. */
  firstRowFrom(step: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#steps[middle]! < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The row nearest to a step; -1 if there is none. */
  nearestRow(step: number): number {
    const after = Math.min(this.firstRowFrom(step), this.#length - 1);
    return after > 0 && step - this.#steps[after - 1]! < this.#steps[after]! - step ? after - 1 : after;
  }

  #appendSteps(steps: Float64Array): void {
    const needed = this.#length + steps.length;
    if (needed > this.#steps.length) {
      const larger = new Float64Array(Math.max(needed, 2 * this.#steps.length));
      larger.set(this.#steps);
      this.#steps = larger;
    }
    let last = this.#length > 0 ? this.#steps[this.#length - 1]! : Number.NEGATIVE_INFINITY;
    for (const step of steps) {
      if (step > last) last = step;
      this.#steps[this.#length++] = last;
    }
  }
}

function gap(length: number): Column {
  const column = new Column();
  column.append(gaps(length));
  return column;
}

function gaps(length: number): Float32Array {
  return new Float32Array(length).fill(Number.NaN);
}
