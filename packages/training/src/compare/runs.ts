/** Requests in, results out: from the disk, or from a child process. */
import { requestFor } from './contenders.js';
import type { MethodChoice, RunOutcome, RunRequest } from './job.js';
import type { ChildPool } from './pool.js';
import { readOutcome, runName } from './store.js';
import type { Trial, Tuning } from './tuning.js';

export interface RunObserver {
  /** @param isOld it was there already. */
  readonly result: (request: RunRequest, outcome: RunOutcome, isOld: boolean) => void;
}

export interface RunsOptions {
  readonly out: string;
  readonly learningRates: readonly number[];
  readonly seeds: readonly number[];
  readonly tuningSeed: number;
  readonly observer?: RunObserver;
}

export class Runs {
  readonly #options: RunsOptions;
  readonly #pool: ChildPool;
  readonly #made = new Map<string, Promise<RunOutcome>>();

  constructor(options: RunsOptions, pool: ChildPool) {
    this.#options = options;
    this.#pool = pool;
  }

  /** One run for every learning rate, on the tuning seed. @param rates default: all. */
  tune(choice: MethodChoice, rates = this.#options.learningRates): Promise<Trial[]> {
    return this.#all(rates.map((rate) => requestFor(choice, rate, this.#options.tuningSeed)));
  }

  /** With the learning rate that was chosen, under every seed; nothing if none worked. */
  async report(choice: MethodChoice, { chosen }: Tuning): Promise<RunOutcome[]> {
    if (!chosen) return [];
    const { learningRate } = chosen.request;
    const trials = await this.#all(this.#options.seeds.map((seed) => requestFor(choice, learningRate, seed)));
    return trials.map(({ outcome }) => outcome);
  }

  #all(requests: readonly RunRequest[]): Promise<Trial[]> {
    return Promise.all(requests.map(async (request) => ({ request, outcome: await this.#result(request) })));
  }

  #result(request: RunRequest): Promise<RunOutcome> {
    const name = runName(request);
    const made = this.#made.get(name) ?? this.#make(request);
    this.#made.set(name, made);
    return made;
  }

  async #make(request: RunRequest): Promise<RunOutcome> {
    const old = await readOutcome(this.#options.out, request);
    const outcome = old ?? (await this.#pool.run(request));
    this.#options.observer?.result(request, outcome, old !== undefined);
    return outcome;
  }
}
