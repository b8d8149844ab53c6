/** What a method may ask for besides the losses. Each is about the weighted tasks of one optimiser step. */
export interface Measurements {
  /** Norm of the gradient of each loss with respect to the shared parameters, by task name. Range [0, inf). */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** G = J J^T, K x K, rows and columns in the order of the tasks: `gramian[i][j]` is the dot product of gradients i and j. */
  readonly gramian: readonly (readonly number[])[];
}

export type Need = keyof Measurements;

export interface LossEvidence {
  /** The raw losses of this step, by task name. A missing or `undefined` loss is absent. */
  readonly losses: Readonly<Record<string, number | undefined>>;
  /** `false`: the task has no sample in this step and its loss (often 0) means nothing. Default `true` for every task. */
  readonly mask?: Readonly<Record<string, boolean>> | undefined;
  /** Priorities gamma by task name: factors on the weights. Range [0, inf), default 1. */
  readonly priorities?: Readonly<Record<string, number>> | undefined;
}

/** What one step shows to a method that needs `N`: the compiler asks for these, and `update` checks them at run time. */
export type Evidence<N extends Need = never> = LossEvidence &
  Readonly<Partial<Measurements>> &
  Readonly<Pick<Measurements, N>>;
