import type { Json } from '@counterpoise/training';
import { positive } from '../options.js';
import { RunningMoments } from './running-moments.js';
import type { Transform } from './transform.js';

const EPSILON = 1e-8;

/**
 * Observations less their running mean, over their running standard deviation, clipped: clip((x - mean) / sqrt(var + 1e-8)).
 * One set of statistics for all environments, as Stable-Baselines3's VecNormalize: every observation that a policy is shown
 * counts, the final one of an episode is normalised without being counted.
 */
export class NormalizeObservation implements Transform {
  readonly name = 'normalize-observation';
  readonly #clip: number;
  #moments: RunningMoments | undefined;

  /** @param clip largest absolute value that comes out. Positive; default 10, as CleanRL and Stable-Baselines3. */
  constructor({ clip = 10 }: { clip?: number } = {}) {
    this.#clip = positive('clip', clip);
  }

  observations(rows: Float32Array, size: number, learn: boolean): void {
    this.#moments ??= new RunningMoments(size);
    const { mean, variance } = this.#moments;
    if (mean.length !== size)
      throw new RangeError(`observations have ${size} numbers, their statistics ${mean.length}`);
    if (learn) this.#moments.update(rows);
    for (let column = 0; column < size; column++) {
      const deviation = Math.sqrt(variance[column]! + EPSILON);
      for (let at = column; at < rows.length; at += size) {
        const normal = (rows[at]! - mean[column]!) / deviation;
        rows[at] = Math.min(Math.max(normal, -this.#clip), this.#clip);
      }
    }
  }

  /** The same without learning, with the statistics as they are at every use: for evaluation. */
  frozen(): Transform {
    return { name: this.name, observations: (rows, size) => this.observations(rows, size, false) };
  }

  save(): Json {
    return this.#moments?.save() ?? null;
  }

  load(state: Json): void {
    this.#moments = state === null ? undefined : RunningMoments.from(state);
  }
}
