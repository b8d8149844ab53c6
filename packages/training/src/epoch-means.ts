import type { StepProgress } from './progress-types.js';
import { RunningMeans } from './running-means.js';
import { sharesOf } from './shares.js';

/** The means of the present epoch so far: single steps jump too much to be read. */
export class EpochMeans {
  readonly #losses = new RunningMeans();
  readonly #weights = new RunningMeans();
  readonly #shares = new RunningMeans();
  #epoch = 0;

  add({ epoch, losses, weights }: Pick<StepProgress, 'epoch' | 'losses' | 'weights'>): void {
    const all = [this.#losses, this.#weights, this.#shares] as const;
    if (epoch !== this.#epoch) for (const means of all) means.clear();
    this.#epoch = epoch;
    this.#losses.add(losses);
    this.#weights.add(weights);
    this.#shares.add(sharesOf(losses, weights));
  }

  get values() {
    return { losses: this.#losses.means, weights: this.#weights.means, shares: this.#shares.means };
  }
}
