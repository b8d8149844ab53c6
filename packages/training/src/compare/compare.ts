/**
 * Compares balancing methods on one job. Every method has the same budget, as many tuning runs as there are learning rates: the
 * rates themselves, and of static weights as many points of their grid. Tuning is on one seed, which is none of the reported ones;
 * then each is trained with its best rate under every seed. See `stages.ts` for the order.
 *
 * A run is a pure function of its request, and its result a file: what is there is not trained again.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../atomic.js';
import { type Json, stringifyExactly } from '../json.js';
import { makeFolder } from '../make-folder.js';
import { analyse, type Comparison } from './analysis.js';
import { claim } from './claim.js';
import type { LeftOut } from './contenders.js';
import { type CompareJob, type JobModule, loadJob, type MethodChoice, type RunRequest } from './job.js';
import { ChildPool, StoppedError } from './pool.js';
import { type RunObserver, Runs } from './runs.js';
import { runStages } from './stages.js';
import { makeFolders } from './store.js';

export interface CompareOptions {
  readonly job: JobModule;
  /** The folder of the comparison, new or of an interrupted one. */
  readonly out: string;
  /** Methods besides the baselines, which always take part. */
  readonly methods: readonly MethodChoice[];
  /** Tried for every method, at least one, each once. */
  readonly learningRates: readonly number[];
  /** Of the reported runs, each once. */
  readonly seeds: readonly number[];
  /** Of the tuning runs; none of `seeds`. */
  readonly tuningSeed: number;
  /**
   * Tuning runs of the search of static weights, an integer of 1 or more; of more than its grid has, all of that. Default: as many
   * as every method has, the number of learning rates.
   */
  readonly staticRuns?: number | undefined;
  /** Runs at the same time. It changes no number but the seconds. */
  readonly jobs: number;
  /** Aborted: the runs at work save their state and end. */
  readonly signal?: AbortSignal;
  readonly observer?: CompareObserver;
}

export interface CompareObserver extends RunObserver {
  /** Before the first run. @param runs how many there will be, those of before included. */
  readonly plan: (runs: number, leftOut: readonly LeftOut[]) => void;
  /** @param share of this run that is done, in [0, 1]. */
  readonly progress: (request: RunRequest, share: number) => void;
}

/**
 * @returns `undefined` after `signal`.
 * @throws RangeError on wrong options; Error if the folder belongs to another job or another process works in it, or if a run
 * fails for another reason than divergence. Finished runs are kept in any case.
 */
export async function compareMethods(options: CompareOptions): Promise<Comparison | undefined> {
  checkOptions(options);
  const job = await loadJob(options.job);
  await makeFolder(options.out);
  const release = await claim(join(options.out, 'compare.pid'), 0);
  try {
    await keepJob(options.out, options.job.options);
    await makeFolders(options.out);
    return await compareIn(options, job);
  } finally {
    release();
  }
}

async function compareIn(options: CompareOptions, job: CompareJob): Promise<Comparison | undefined> {
  const { signal, out, jobs, observer, learningRates, seeds } = options;
  const onProgress = (request: RunRequest, share: number) => observer?.progress(request, share);
  const pool = new ChildPool({ job: options.job, out, jobs, onProgress });
  const stop = () => void pool.stop();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    const stages = await runStages(job, new Runs(options, pool), options);
    return analyse({ metrics: job.metrics, losses: job.losses, learningRates, seeds, ...stages });
  } catch (error) {
    if (error instanceof StoppedError) return undefined;
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await pool.stop();
  }
}

function checkOptions({ learningRates, seeds, tuningSeed, staticRuns = 1, jobs }: CompareOptions): void {
  const wrong = (name: string, right: string, value: unknown) =>
    new RangeError(`"${name}" must be ${right}, got ${JSON.stringify(value)}`);
  if (learningRates.length === 0 || !learningRates.every((rate) => Number.isFinite(rate) && rate > 0)) {
    throw wrong('learningRates', 'numbers greater than 0, at least one', learningRates);
  }
  if (new Set(learningRates).size < learningRates.length) throw wrong('learningRates', 'different', learningRates);
  if (seeds.length === 0 || !seeds.every(Number.isSafeInteger) || new Set(seeds).size < seeds.length) {
    throw wrong('seeds', 'different integers, at least one', seeds);
  }
  if (!Number.isSafeInteger(tuningSeed) || seeds.includes(tuningSeed)) {
    throw wrong('tuningSeed', `an integer that is none of the seeds ${seeds.join(', ')}`, tuningSeed);
  }
  if (!Number.isSafeInteger(staticRuns) || staticRuns < 1) {
    throw wrong('staticRuns', 'an integer of 1 or more', staticRuns);
  }
  if (!Number.isInteger(jobs) || jobs < 1) throw wrong('jobs', 'an integer of 1 or more', jobs);
}

/** Results of another job must not count for this one. */
async function keepJob(out: string, options: Json): Promise<void> {
  const file = join(out, 'job.json');
  const text = `${stringifyExactly('job', options, { sortKeys: true })}\n`;
  if (!existsSync(file)) return writeFileAtomic(file, text);
  if ((await readFile(file, 'utf8')) !== text) {
    throw new Error(`"${out}" holds the comparison of another job, see job.json there: choose another folder`);
  }
}
