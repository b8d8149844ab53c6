/** What can be compared: a training that a module can run by itself, in a process of its own. */
import type { Json } from '../json.js';

type Values = Readonly<Record<string, number>>;

/** A balancing method as text, the same on a command line and in a file. */
export interface MethodChoice {
  /** Of the registry of `counterpoise`. */
  readonly method: string;
  /** `name=value`, as `parseOptions` of `counterpoise/catalog` reads them. */
  readonly options: readonly string[];
  /** Wrappers round it, as `parseComposition` reads them. */
  readonly wraps: readonly string[];
}

/** Everything in which two runs of one comparison may differ. */
export interface RunRequest extends MethodChoice {
  readonly learningRate: number;
  /** Of everything random. */
  readonly seed: number;
}

export interface RunResult {
  /** All metrics of the job, at the end of the training. */
  readonly metrics: Values;
  /** Raw losses at the end, of the validation set where there is one. */
  readonly losses: Values;
  /** Raw losses of the first step: the scales that a static search starts from. */
  readonly firstLosses: Values;
  /** `extractStatic` of the weights of all steps: the last half, sum K. */
  readonly meanWeights: Values;
  /** Optimiser steps. */
  readonly steps: number;
  readonly secondsPerStep: number;
  /** Of metrics over time (epochs, steps), for the page. */
  readonly curves?: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }>>;
}

/** A run that became NaN or infinite, or that the method refused to weigh, is a result and no error. */
export type RunOutcome = RunResult | { readonly diverged: string };

export interface CompareMetric {
  /** One line without control characters. */
  readonly name: string;
  readonly higherIsBetter: boolean;
  /**
   * The losses whose training it measures, if it is the metric of a task: these count for Delta-m, ranks and the Pareto front,
   * and the baseline of the task trains these losses alone. Absent: it is only shown.
   */
  readonly losses?: readonly string[];
}

export interface RunContext {
  /** Of this run alone, made already; what an interrupted run left there is still in it. */
  readonly folder: string;
  /** Aborted: save what is needed to go on, and return `undefined`. */
  readonly signal: AbortSignal;
  /** How much of the run is done, in [0, 1]. */
  readonly progress: (share: number) => void;
}

export interface CompareJob {
  /** Names of the losses, at least one, without `,` and `:`. */
  readonly losses: readonly string[];
  readonly metrics: readonly CompareMetric[];
  /** Why the job cannot be trained with this method, on one line; `undefined` if it can. */
  readonly refuse?: (choice: MethodChoice) => string | undefined;
  /**
   * Trains once. The same request gives the same metrics, losses and weights, whatever runs beside it and however often it was
   * interrupted or killed. Throws `DivergedError` where the training cannot go on; any other error ends the comparison.
   */
  readonly run: (request: RunRequest, context: RunContext) => Promise<RunResult | undefined>;
  /** Called when the result is safe on the disk: removes what nobody needs any more (checkpoints). */
  readonly tidy?: (folder: string) => Promise<void>;
}

/** A job as it is handed to another process. */
export interface JobModule {
  /** URL of a module with an export `createJob(options)` that returns a `CompareJob`, or a promise of one. */
  readonly module: string;
  /** Given to `createJob`. Kept in the folder: another comparison in the same folder must have the same. */
  readonly options: Json;
}

export const isFinished = (outcome: RunOutcome | undefined): outcome is RunResult =>
  outcome !== undefined && !('diverged' in outcome);

/** The metrics that stand for a task. */
export function taskMetrics(job: Pick<CompareJob, 'metrics'>): (CompareMetric & { losses: readonly string[] })[] {
  return job.metrics.flatMap((metric) => (metric.losses ? [{ ...metric, losses: metric.losses }] : []));
}

/** @throws TypeError if the module has no such export, RangeError if its job is none. */
export async function loadJob({ module, options }: JobModule): Promise<CompareJob> {
  const { createJob } = (await import(module)) as { createJob?: (options: Json) => CompareJob | Promise<CompareJob> };
  if (typeof createJob !== 'function') throw new TypeError(`"${module}" must export a function "createJob"`);
  const job = await createJob(options);
  const twice = job.losses.find((loss, at) => job.losses.indexOf(loss) !== at || /[,:]/.test(loss));
  if (job.losses.length === 0 || twice !== undefined) {
    throw new RangeError(`"losses" must be different names without , and :, got ${JSON.stringify(job.losses)}`);
  }
  const tasks = taskMetrics(job);
  if (tasks.length === 0) throw new RangeError('"metrics" must have at least one with "losses", got none');
  for (const { name, losses } of tasks) {
    if (losses.length > 0 && losses.every((loss) => job.losses.includes(loss))) continue;
    throw new RangeError(
      `"losses" of metric "${name}" must be of ${job.losses.join(', ')}, got ${JSON.stringify(losses)}`,
    );
  }
  return job;
}
