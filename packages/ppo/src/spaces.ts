/** What an environment shows and what it can be told to do, with the names of Gymnasium. */

/** One of n choices, numbered from 0. */
export class Discrete {
  readonly kind = 'discrete';
  readonly n: number;

  /** @throws RangeError if `n` is not an integer of at least 1: without a choice there is nothing to do. */
  constructor(n: number) {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`"n" of Discrete must be an integer >= 1, got ${n}`);
    this.n = n;
  }

  contains(value: unknown): value is number {
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < this.n;
  }
}

/** Real numbers within bounds, which may be infinite; values and bounds are float32. */
export class Box {
  readonly kind = 'box';
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly shape: readonly number[];

  /**
   * @param low the lower bound of every component, or one bound for all of them.
   * @param high likewise.
   * @param shape needed only where both bounds are single numbers. Default: as many components as there are bounds.
   * @throws RangeError if there is no component, the numbers of bounds differ, or a bound is NaN or above its partner.
   */
  constructor(low: number | readonly number[], high: number | readonly number[], shape?: readonly number[]) {
    const lengths = [low, high].flatMap((bound) => (typeof bound === 'number' ? [] : [bound.length]));
    this.shape = shape ?? lengths.slice(0, 1);
    const size = this.shape.reduce((product, axis) => product * axis, 1);
    if (this.shape.length === 0 || !this.shape.every((axis) => Number.isSafeInteger(axis) && axis >= 1)) {
      throw new RangeError(`"shape" of Box must be integers >= 1, got [${this.shape.join(', ')}]`);
    }
    const wrong = lengths.find((length) => length !== size);
    if (wrong !== undefined) throw new RangeError(`bounds of Box must be ${size} numbers, got ${wrong}`);
    const all = (bound: number | readonly number[]) =>
      typeof bound === 'number' ? new Float32Array(size).fill(bound) : Float32Array.from(bound);
    this.low = all(low);
    this.high = all(high);
    const bad = this.low.findIndex((bound, at) => !(bound <= this.high[at]!));
    if (bad >= 0) {
      throw new RangeError(
        `bounds of Box must be low <= high, got ${this.low[bad]} and ${this.high[bad]} at component ${bad}`,
      );
    }
  }

  /** The number of components. */
  get size(): number {
    return this.low.length;
  }

  contains(values: ArrayLike<number>): boolean {
    if (values.length !== this.size) return false;
    for (let at = 0; at < values.length; at++) {
      if (!(values[at]! >= this.low[at]! && values[at]! <= this.high[at]!)) return false;
    }
    return true;
  }
}

export type ActionSpace = Discrete | Box;
