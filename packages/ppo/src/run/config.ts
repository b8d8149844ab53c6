/** What a PPO training is: the content of a run's config.json. `check-config.ts` knows what is possible. */
import type { Boundary } from '@counterpoise/training';
import type { Trunk } from '../policy/actor-critic.js';

/** What suits an environment; see `presetFor`. */
export interface PpoPreset {
  /** Steps of all environments together; what is beyond the last whole rollout is left out. */
  readonly steps: number;
  /** How many environments step together. */
  readonly environments: number;
  /** Steps of every environment per rollout. */
  readonly rolloutSteps: number;
  /** Rows of a minibatch; they divide environments times rolloutSteps. */
  readonly minibatch: number;
  /** Passes over each rollout. */
  readonly epochs: number;
  readonly learningRate: number;
  /** Lets the learning rate fall linearly towards 0. */
  readonly annealLearningRate: boolean;
  /** Discount, in [0, 1]. */
  readonly gamma: number;
  /** Of generalized advantage estimation, in [0, 1]. */
  readonly lambda: number;
  /** How far the ratio of probabilities may go from 1, above 0. */
  readonly clip: number;
  /** Lets the critic move by at most `clip` per update, in the unit in which it learns returns. */
  readonly clipValues: boolean;
  /** Coefficient of the entropy, at least 0. */
  readonly entropy: number;
  /** Coefficient of the value loss, at least 0. */
  readonly valueCoefficient: number;
  /** Limit of the joint norm of the gradients, above 0. */
  readonly maxGradNorm: number;
  /** Running mean and standard deviation of observations are taken out. */
  readonly normalizeObservations: boolean;
  /** Adds what an episode that a time limit cut off would have gone on to earn. */
  readonly bootstrapTruncation: boolean;
}

export interface PpoConfig extends PpoPreset {
  /** A registered name, or the absolute path of a module whose default export is an `EnvironmentSpec`. */
  readonly environment: string;
  /** Of the initial weights, the environments, the actions and the order of the rows. */
  readonly seed: number;
  /** Every reward is multiplied by it before the training sees it; returns are reported without. */
  readonly rewardScale: number;
  readonly trunk: Trunk;
  /** No further epoch once the approximate KL divergence is above it; or `null`: no limit. */
  readonly targetKl: number | null;
  /** How the losses are balanced: a name that `chooseBalance` knows. */
  readonly balance: string;
  /** `name=value`, as `parseOptions` of `counterpoise` reads them. */
  readonly balanceOptions: readonly string[];
  /** Wrappers round the method, `name=value`, as `parseComposition` of `counterpoise` reads them. */
  readonly balanceWraps: readonly string[];
  /** Where gradients are measured, for methods that ask for them; or `null`: parameters. */
  readonly boundary: Boundary | null;
  /** The method weighs every so many steps, and its weights stay in between; 1: every step. */
  readonly balanceEvery: number;
  /** By loss (policy, value, entropy), at least 0. */
  readonly priorities: Readonly<Record<string, number>>;
  /** Adds the gradient norm of every loss to the metrics; needs a shared trunk. */
  readonly measureGradients: boolean;
  /** Threads per operator. The same number is needed for the same bits. */
  readonly threads: number;
}
