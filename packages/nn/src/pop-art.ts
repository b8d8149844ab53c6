/** What brings targets to mean 0 and standard deviation 1; one number per output, in the unit of the targets. */
export interface TargetScale {
  readonly mean: Float64Array;
  /** Within the range that the options allow. */
  readonly std: Float64Array;
}

export interface PopArtOptions {
  /**
   * Memory, in (0, 1]: about 1 / (1 - beta) updates; at 1 all targets so far count alike. Default 0.9997, the step size 3e-4 of
   * Hessel et al. 2019.
   */
  readonly beta?: number;
  /** Bounds of the standard deviation, 0 < low <= high, in the unit of the targets. Default [1e-4, 1e6], as Hessel et al. 2019. */
  readonly stdRange?: readonly [low: number, high: number];
}

/** Everything a `PopArt` needs to go on bit for bit; plain JSON. */
export interface PopArtState {
  /** Rows that the statistics are made of, old ones discounted by beta per update. */
  readonly weight: number;
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/**
 * PopArt (van Hasselt et al. 2016, arXiv:1602.07714; Hessel et al. 2019, arXiv:1809.04474): a network learns targets normalised by
 * their running mean m and standard deviation s; whenever those move, its linear head is rescaled so that what it says in the unit
 * of the targets stays the same. So the size of the targets touches neither the loss nor the learning rate.
 *
 * Plain numbers, in float64. Before the first update m is 0 and s is 1. After a batch of n targets with mean M and variance V
 *
 *     W = beta W + n,   d = n / W,   v = (1 - d) (v + d (M - m)^2) + d V,   m = m + d (M - m)
 *
 * which are the moving averages of targets and of their squares, E[y^2] - m^2 = v, without the cancellation of that difference; d
 * corrects their bias, so the first batch counts whole.
 *
 * @example
 * const before = popArt.update(targets);
 * popArt.rescale(head.weight.data, head.bias.data, before);
 * const wanted = popArt.normalize(targets); // what the network is to say now
 */
export class PopArt {
  /** Outputs that are normalised apart. */
  readonly size: number;
  readonly #beta: number;
  readonly #low: number;
  readonly #high: number;
  #weight = 0;
  #mean: Float64Array;
  #variance: Float64Array;

  /** @param size numbers per target, an integer >= 1. @throws RangeError naming what is wrong. */
  constructor(size = 1, { beta = 0.9997, stdRange: [low, high] = [1e-4, 1e6] }: PopArtOptions = {}) {
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`"size" must be an integer >= 1, got ${size}`);
    if (!(beta > 0 && beta <= 1)) throw new RangeError(`"beta" must be in (0, 1], got ${beta}`);
    if (!(low > 0 && low <= high && Number.isFinite(high))) {
      throw new RangeError(`"stdRange" must be two finite numbers, 0 < low <= high, got [${low}, ${high}]`);
    }
    this.size = size;
    this.#beta = beta;
    this.#low = low;
    this.#high = high;
    this.#mean = new Float64Array(size);
    this.#variance = new Float64Array(size).fill(1);
  }

  /** Has there been no update yet? */
  get isEmpty(): boolean {
    return this.#weight === 0;
  }

  /** A copy, which later updates leave alone. */
  get scale(): TargetScale {
    const std = this.#variance.map((variance) => Math.min(Math.max(Math.sqrt(variance), this.#low), this.#high));
    return { mean: this.#mean.slice(), std };
  }

  /**
   * Takes targets into the statistics.
   * @param targets [N, size], N >= 1, in their own unit.
   * @returns the scale of before, for `rescale`.
   * @throws RangeError if a target is NaN or infinite, or there is none; nothing has changed then.
   */
  update(targets: ArrayLike<number>): TargetScale {
    this.#checkTargets(targets);
    const rows = targets.length / this.size;
    const before = this.scale;
    const weight = this.#beta * this.#weight + rows;
    const share = rows / weight;
    for (let column = 0; column < this.size; column++) {
      const { mean, variance } = moments(targets, column, this.size);
      const delta = mean - this.#mean[column]!;
      const old = this.#variance[column]! + share * delta * delta;
      // At share 1 nothing of the imagined variance 1 and mean 0 of the beginning may stay.
      this.#variance[column] = share === 1 ? variance : (1 - share) * old + share * variance;
      this.#mean[column] = share === 1 ? mean : this.#mean[column]! + share * delta;
    }
    this.#weight = weight;
    return before;
  }

  /** (y - m) / s. @param targets [N, size]. @returns the same in float32. */
  normalize(targets: ArrayLike<number>): Float32Array {
    const { mean, std } = this.scale;
    return this.#map('targets', targets, (value, column) => (value - mean[column]!) / std[column]!);
  }

  /** s y + m. @param outputs [N, size], of the network. @returns the same in the unit of the targets, in float32. */
  denormalize(outputs: ArrayLike<number>): Float32Array {
    const { mean, std } = this.scale;
    return this.#map('outputs', outputs, (value, column) => value * std[column]! + mean[column]!);
  }

  /**
   * Keeps what a linear head says in the unit of the targets as it was at another scale, to float32 rounding:
   *
   *     W' = s / s' W,   b' = (s b + m - m') / s'
   *
   * @param weight [size, features], changed in place. @param bias [size], likewise. @param before the scale they were learned at.
   */
  rescale(weight: Float32Array, bias: Float32Array, before: TargetScale): void {
    const features = weight.length / this.size;
    if (!Number.isInteger(features)) {
      throw new RangeError(`"weight" must be ${this.size} rows of equal length, got ${weight.length} numbers`);
    }
    if (bias.length !== this.size) throw new RangeError(`"bias" must be ${this.size} numbers, got ${bias.length}`);
    const { mean, std } = this.scale;
    for (let output = 0; output < this.size; output++) {
      const factor = before.std[output]! / std[output]!;
      for (let at = output * features; at < (output + 1) * features; at++) weight[at]! *= factor;
      bias[output] = bias[output]! * factor + (before.mean[output]! - mean[output]!) / std[output]!;
    }
  }

  save(): PopArtState {
    return { weight: this.#weight, mean: [...this.#mean], variance: [...this.#variance] };
  }

  /** Goes on from `save`, bit for bit. @throws TypeError if the state is not one of as many outputs; nothing has changed then. */
  load(state: PopArtState): void {
    const { weight, mean, variance } = state ?? {};
    const list = (values: unknown, low: number) =>
      Array.isArray(values) && values.length === this.size && values.every((x) => Number.isFinite(x) && x >= low);
    if (!(Number.isFinite(weight) && weight >= 0 && list(mean, Number.NEGATIVE_INFINITY) && list(variance, 0))) {
      throw new TypeError(
        `"state" must be what PopArt.save() returned, of size ${this.size}, got ${JSON.stringify(state)}`,
      );
    }
    this.#weight = weight;
    this.#mean = Float64Array.from(mean);
    this.#variance = Float64Array.from(variance);
  }

  #map(name: string, values: ArrayLike<number>, of: (value: number, column: number) => number): Float32Array {
    this.#checkLength(name, values);
    const mapped = new Float32Array(values.length);
    for (let at = 0; at < mapped.length; at++) mapped[at] = of(values[at]!, at % this.size);
    return mapped;
  }

  #checkLength(name: string, { length }: ArrayLike<number>): void {
    if (length % this.size === 0) return;
    throw new RangeError(`"${name}" must be rows of ${this.size} numbers, got ${length}`);
  }

  #checkTargets(targets: ArrayLike<number>): void {
    this.#checkLength('targets', targets);
    if (targets.length === 0) throw new RangeError('"targets" must hold at least one row, got none');
    for (let at = 0; at < targets.length; at++) {
      if (Number.isFinite(targets[at])) continue;
      const [row, column] = [Math.floor(at / this.size), at % this.size];
      throw new RangeError(`"targets" must be finite, got ${targets[at]} at [${row}, ${column}]`);
    }
  }
}

/** Of one column, in two passes; the variance with divisor n. */
function moments(values: ArrayLike<number>, column: number, columns: number): { mean: number; variance: number } {
  const rows = values.length / columns;
  let sum = 0;
  for (let at = column; at < values.length; at += columns) sum += values[at]!;
  const mean = sum / rows;
  let squares = 0;
  for (let at = column; at < values.length; at += columns) squares += (values[at]! - mean) ** 2;
  return { mean, variance: squares / rows };
}
