import type { Json } from '@counterpoise/training';

/**
 * Mean and variance (with divisor n) of all rows so far, per column, in float64: Chan, Golub and LeVeque 1979, with the start
 * of Gymnasium's and Stable-Baselines3's RunningMeanStd: 1e-4 imagined rows of mean 0 and variance 1.
 */
export class RunningMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  #count = 1e-4;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
  }

  /** @param rows one after the other, a whole number of them and at least one. */
  update(rows: ArrayLike<number>): void {
    const size = this.mean.length;
    const batch = rows.length / size;
    const total = this.#count + batch;
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let at = column; at < rows.length; at += size) sum += rows[at]!;
      const mean = sum / batch;
      let squares = 0;
      for (let at = column; at < rows.length; at += size) squares += (rows[at]! - mean) ** 2;
      const delta = mean - this.mean[column]!;
      this.mean[column]! += (delta * batch) / total;
      const spread = this.variance[column]! * this.#count + squares + (delta * delta * this.#count * batch) / total;
      this.variance[column] = spread / total;
    }
    this.#count = total;
  }

  save(): Json {
    return { count: this.#count, mean: [...this.mean], variance: [...this.variance] };
  }

  /** @throws TypeError if the state was not made by `save`. */
  static from(state: Json): RunningMoments {
    const { count, mean, variance } = (state ?? {}) as { readonly [key: string]: Json };
    const finite = (value: Json | undefined, low: number): value is number =>
      Number.isFinite(value) && Number(value) >= low;
    const right =
      finite(count, Number.MIN_VALUE) &&
      Array.isArray(mean) &&
      Array.isArray(variance) &&
      mean.length >= 1 &&
      mean.length === variance.length &&
      mean.every((value) => finite(value, Number.NEGATIVE_INFINITY)) &&
      variance.every((value) => finite(value, 0));
    if (!right)
      throw new TypeError(`"state" must be what RunningMoments.save() returned, got ${JSON.stringify(state)}`);
    const moments = new RunningMoments(mean.length);
    moments.mean.set(mean);
    moments.variance.set(variance);
    moments.#count = count;
    return moments;
  }
}
