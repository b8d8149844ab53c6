/**
 * When the steps of a run were done, in seconds of training and validation. Steps have no time of their own: it is the rows of
 * `timing.jsonl` that have, and between two of them it passes evenly.
 */
export class Clock {
  /** Both strictly increasing, and equally long. */
  readonly #steps = [0];
  readonly #seconds = [0];

  /** Whether anything is known. */
  get isRunning(): boolean {
    return this.#steps.length > 1;
  }

  /**
   * @param steps of new rows.
   * @param seconds that each row adds to the row before. A pause between the parts of an interrupted training adds none.
   */
  append(steps: ArrayLike<number>, seconds: ArrayLike<number>): void {
    for (let row = 0; row < steps.length; row++) {
      const step = steps[row]!;
      // A training that went on from a checkpoint does steps again; they are shown once, and so is their time.
      const kept = this.#steps.findLastIndex((known) => known < step);
      if (kept < 0) continue;
      const total = this.#seconds[kept]! + seconds[row]!;
      // What tells no time leaves its steps to the next row.
      if (!(total > this.#seconds[kept]! && total < Number.POSITIVE_INFINITY)) continue;
      this.#steps.splice(kept + 1, Number.POSITIVE_INFINITY, step);
      this.#seconds.splice(kept + 1, Number.POSITIVE_INFINITY, total);
    }
  }

  /** After the last row at the pace of its stretch. NaN if nothing is known. */
  secondsAt(step: number): number {
    return interpolate(this.#steps, this.#seconds, step);
  }

  /** The inverse of `secondsAt`. */
  stepAt(seconds: number): number {
    return interpolate(this.#seconds, this.#steps, seconds);
  }
}

/** On the line through the two points around x, or through the outermost two. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  if (xs.length < 2) return Number.NaN;
  let [low, high] = [1, xs.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  const [x0, y0] = [xs[low - 1]!, ys[low - 1]!];
  return y0 + ((x - x0) * (ys[low]! - y0)) / (xs[low]! - x0);
}
