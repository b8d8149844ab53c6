/** The records of a run, one per update, and what is read from them. */
import type { MetricsRecord } from '@counterpoise/training';
import type { Iteration } from '../train/trainer.js';

/** Episodes that a mean return is taken of, as in the literature. */
const WINDOW = 100;

/** The line of an update in `metrics.jsonl`: CleanRL's names, and `step` for all environment steps so far, as its `global_step`. */
export function updateRecord({ metrics, episodes }: Iteration): MetricsRecord {
  const { global_step: step, ...rest } = metrics;
  return { step: step!, 'charts/episodes': episodes.length, ...rest };
}

/** Mean return of the last episodes. */
export interface RecentReturn {
  readonly mean: number;
  /** How many: the fewest updates that have at least 100 together, or all there are. */
  readonly episodes: number;
}

/** After every record; undefined before the first episode has ended. */
export function recentReturns(records: readonly MetricsRecord[]): (RecentReturn | undefined)[] {
  const window = new ReturnWindow();
  return records.map((record) => {
    window.add(record);
    return window.value;
  });
}

/** The updates whose episodes the mean return is of. */
export class ReturnWindow {
  readonly #updates: { readonly episodes: number; readonly sum: number }[] = [];

  add(record: MetricsRecord): void {
    const episodes = Number(record['charts/episodes']);
    if (episodes === 0) return;
    this.#updates.push({ episodes, sum: episodes * Number(record['charts/episodic_return']) });
    while (this.#episodes - this.#updates[0]!.episodes >= WINDOW) this.#updates.shift();
  }

  get value(): RecentReturn | undefined {
    const episodes = this.#episodes;
    if (episodes === 0) return undefined;
    return { mean: this.#updates.reduce((total, { sum }) => total + sum, 0) / episodes, episodes };
  }

  get #episodes(): number {
    return this.#updates.reduce((total, { episodes }) => total + episodes, 0);
  }
}
