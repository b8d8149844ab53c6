import type { Random } from '@counterpoise/nn';
import { requireFinite } from './finite.js';

/** log(2 pi) / 2 */
export const LOG_ROOT_TURN = 0.5 * Math.log(2 * Math.PI);

/**
 * Independent normal components with a deviation that does not depend on the state: PyTorch's
 * `Independent(Normal(mean, exp(logStd)), 1)` on the host, computed in float64 from float32.
 */
export class DiagonalGaussian {
  readonly #mean: Float32Array;
  readonly #logStd: Float32Array;

  /**
   * @param mean [rows, components], finite.
   * @param logStd [components], finite: the logarithm of the standard deviation.
   */
  constructor(mean: Float32Array, logStd: Float32Array) {
    const width = logStd.length;
    if (width === 0 || mean.length % width !== 0) {
      throw new RangeError(`"mean" must be rows of ${width} numbers, at least 1, got ${mean.length}`);
    }
    requireFinite('mean', mean, width);
    requireFinite('logStd', logStd, width);
    this.#mean = mean;
    this.#logStd = logStd;
  }

  get rows(): number {
    return this.#mean.length / this.#logStd.length;
  }

  /** [rows, components]: mean + exp(logStd) times a standard normal number. */
  sample(random: Random): Float32Array {
    const width = this.#logStd.length;
    return this.#mean.map((mean, at) => mean + Math.exp(this.#logStd[at % width]!) * random.normal());
  }

  /** [rows, components]: the means, for evaluation. */
  mode(): Float32Array {
    return this.#mean.slice();
  }

  /** [rows]: log p(action) = sum of -(a - mean)^2 / (2 std^2) - logStd - log(2 pi) / 2. @param actions [rows, components]. */
  logProb(actions: Float32Array): Float32Array {
    const width = this.#logStd.length;
    if (actions.length !== this.#mean.length) {
      throw new RangeError(`"actions" must be ${this.#mean.length} numbers, got ${actions.length}`);
    }
    const sums = new Float64Array(this.rows);
    for (let at = 0; at < actions.length; at++) {
      const logStd = this.#logStd[at % width]!;
      const distance = (actions[at]! - this.#mean[at]!) / Math.exp(logStd);
      sums[Math.floor(at / width)]! -= 0.5 * distance * distance + logStd + LOG_ROOT_TURN;
    }
    return Float32Array.from(sums);
  }

  /** [rows]: the sum of 1/2 + log(2 pi) / 2 + logStd, in nats; the same for every row. */
  entropy(): Float32Array {
    const entropy = this.#logStd.reduce((sum, logStd) => sum + 0.5 + LOG_ROOT_TURN + logStd, 0);
    return new Float32Array(this.rows).fill(entropy);
  }
}
