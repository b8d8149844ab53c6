import type { Random } from '@counterpoise/nn';
import { requireFinite } from './finite.js';

/**
 * One choice per row, with probabilities softmax(logits): PyTorch's `Categorical(logits=...)` on the host, computed in float64
 * from float32 logits.
 */
export class Categorical {
  readonly #n: number;
  /** log softmax, row by row. */
  readonly #logProbabilities: Float64Array;

  /**
   * @param logits [rows, n], finite.
   * @param n number of choices.
   */
  constructor(logits: Float32Array, n: number) {
    if (logits.length % n !== 0) throw new RangeError(`"logits" must be rows of ${n} numbers, got ${logits.length}`);
    requireFinite('logits', logits, n);
    this.#n = n;
    this.#logProbabilities = new Float64Array(logits.length);
    for (let start = 0; start < logits.length; start += n) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let at = start; at < start + n; at++) largest = Math.max(largest, logits[at]!);
      let sum = 0;
      for (let at = start; at < start + n; at++) sum += Math.exp(logits[at]! - largest);
      const logSum = largest + Math.log(sum);
      for (let at = start; at < start + n; at++) this.#logProbabilities[at] = logits[at]! - logSum;
    }
  }

  get rows(): number {
    return this.#logProbabilities.length / this.#n;
  }

  /** [rows] choices, one random number each: the first whose cumulative probability exceeds it. */
  sample(random: Random): Int32Array {
    return this.#perRow(Int32Array, (start) => {
      let left = random.uniform();
      let choice = 0;
      for (let k = 0; k < this.#n; k++) {
        const probability = Math.exp(this.#logProbabilities[start + k]!);
        // Round-off may leave a rest after the last choice; it falls to the last one that can happen at all.
        if (probability > 0) choice = k;
        left -= probability;
        if (left < 0) break;
      }
      return choice;
    });
  }

  /** [rows]: the likeliest choices, for evaluation. */
  mode(): Int32Array {
    return this.#perRow(Int32Array, (start) => {
      let best = 0;
      for (let k = 1; k < this.#n; k++) {
        if (this.#logProbabilities[start + k]! > this.#logProbabilities[start + best]!) best = k;
      }
      return best;
    });
  }

  /** [rows]: log p(action). @param actions [rows]. @throws RangeError if one is no choice. */
  logProb(actions: Int32Array): Float32Array {
    if (actions.length !== this.rows)
      throw new RangeError(`"actions" must be ${this.rows} numbers, got ${actions.length}`);
    return this.#perRow(Float32Array, (start, row) => {
      const action = actions[row]!;
      if (action < 0 || action >= this.#n) throw new RangeError(`"actions" must be in [0, ${this.#n}), got ${action}`);
      return this.#logProbabilities[start + action]!;
    });
  }

  /** [rows]: -sum p log p, in nats. */
  entropy(): Float32Array {
    return this.#perRow(Float32Array, (start) => {
      let entropy = 0;
      for (let at = start; at < start + this.#n; at++) {
        entropy -= Math.exp(this.#logProbabilities[at]!) * this.#logProbabilities[at]!;
      }
      return entropy;
    });
  }

  #perRow<T extends Int32Array | Float32Array>(
    type: new (length: number) => T,
    of: (start: number, row: number) => number,
  ): T {
    const values = new type(this.rows);
    for (let row = 0; row < values.length; row++) values[row] = of(row * this.#n, row);
    return values;
  }
}
