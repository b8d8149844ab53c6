import { CounterpoiseError } from './errors.js';
import { isRecord, show } from './json.js';

/** What a method may ask for, each about one optimiser step. */
export interface Measurements {
  /** The raw losses of this step, by task name. A missing or `undefined` loss is absent. */
  readonly losses: Readonly<Record<string, number | undefined>>;
  /**
   * Norm of the gradient of each raw loss with respect to the shared parameters (or a boundary in their place), by task
   * name. Range [0, inf). Where it is not given, the root of the diagonal of `gramian` is taken.
   */
  readonly gradientNorms: Readonly<Record<string, number | undefined>>;
  /** Largest absolute entry of the gradient of each raw loss, by task name. Range [0, inf). */
  readonly gradientMax: Readonly<Record<string, number | undefined>>;
  /** Mean absolute entry of the gradient of each raw loss, by task name. Range [0, inf). */
  readonly gradientMean: Readonly<Record<string, number | undefined>>;
  /** G = J J^T, K x K, rows and columns in the order of the tasks: `gramian[i][j]` is the dot product of gradients i and j. */
  readonly gramian: readonly (readonly number[])[];
  /** J1 J2^T, K x K, of the gradients of two independent batches; row i is of the first batch, column j of the second. */
  readonly crossGramian: readonly (readonly number[])[];
  /** Number of the current epoch, an integer >= 0 that never falls. */
  readonly epoch: number;
}

export type Need = keyof Measurements;

/** What a step may say besides its measurements. */
export interface Remarks {
  /** `false`: the task has no sample in this step and its loss (often 0) means nothing. Default `true` for every task. */
  readonly mask?: Readonly<Record<string, boolean>> | undefined;
  /** Priorities gamma by task name: factors on the weights. Range [0, inf), default 1. */
  readonly priorities?: Readonly<Record<string, number>> | undefined;
  /**
   * The losses of the PREVIOUS step's batch, measured again after its update: for methods that watch how much a step
   * helped each task (`famo`). Without them such a method takes the current losses in their place.
   */
  readonly lossesAfter?: Readonly<Record<string, number | undefined>> | undefined;
  /** Samples behind each loss on this rank, for `reduce` and `packEvidence` alone. Range [0, inf), 0: absent. Default 1. */
  readonly counts?: Readonly<Record<string, number>> | undefined;
}

/** What one step shows to a method that needs `N`: the compiler asks for these, and `update` checks them at run time. */
export type Evidence<N extends Need = 'losses'> = Remarks &
  Readonly<Partial<Measurements>> &
  Readonly<Pick<Measurements, N>>;

export type LossEvidence = Evidence<'losses'>;

/** Names of the tasks that the first step shows: those of `losses` or of another record by name, else t1 ... tK for a K x K matrix. */
export function tasksOf(evidence: Remarks & Partial<Measurements>): readonly string[] {
  const record = evidence.losses ?? evidence.gradientNorms ?? evidence.gradientMax ?? evidence.gradientMean;
  if (record !== undefined) {
    if (isRecord(record)) return Object.keys(record);
    throw new CounterpoiseError('evidence', `"losses" must be an object of numbers by loss name, got ${show(record)}`);
  }
  const matrix: unknown = evidence.gramian ?? evidence.crossGramian;
  if (Array.isArray(matrix)) return matrix.map((_, i) => `t${i + 1}`);
  throw new CounterpoiseError('evidence', '"losses" must be an object of numbers by loss name, got undefined');
}
