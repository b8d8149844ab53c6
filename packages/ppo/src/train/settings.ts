import type { Json } from '@counterpoise/training';
import type { Method, Need } from 'counterpoise';
import { count, positive, share } from '../options.js';
import type { ActorCriticOptions } from '../policy/actor-critic.js';
import type { EnvironmentSpec } from '../registry.js';
import { resolveUpdate, type UpdateOptions } from '../update/update-options.js';
import { VALUE_NORMALIZATIONS, type ValueNormalization } from '../update/value-normalization.js';
import type { Transform } from '../vector/transform.js';

/** Defaults are those of CleanRL's ppo.py, but for `valueNormalization`; `chooseBalance` gives that and `method` together. */
export interface TrainOptions extends ActorCriticOptions, Partial<Omit<UpdateOptions, 'minibatch'>> {
  /** A registered name, or how to make one that is not registered. */
  readonly environment: string | EnvironmentSpec;
  /** Steps of all environments together; what is beyond the last whole rollout is left out. */
  readonly totalSteps: number;
  readonly seed: number | string;
  /** How the losses policy, value and entropy are weighed, such as `exemptEntropy(method)`. Default `fixedCoefficients()`. */
  readonly method?: Method<Json, Need>;
  /** Of the returns that the critic learns. Default `pop-art`: the size of the rewards does not matter. */
  readonly valueNormalization?: ValueNormalization;
  /** By loss, at least 0. Default 1 each. */
  readonly priorities?: Readonly<Record<string, number>>;
  /** How many environments step together. Default 4. */
  readonly environments?: number;
  /** Steps of every environment per rollout. Default 128. */
  readonly steps?: number;
  /** Rows of a minibatch. Default: a quarter of those of a rollout. */
  readonly minibatch?: number;
  /** Of observations and rewards; new ones, since they remember. Default: none. */
  readonly transforms?: readonly Transform[];
  /** Default 0.99. */
  readonly gamma?: number;
  /** Default 0.95. */
  readonly lambda?: number;
  /** Default 2.5e-4. */
  readonly learningRate?: number;
  /** Default 0.2. */
  readonly clipRange?: number;
  /** Lets the learning rate fall linearly. Default true. */
  readonly annealsLearningRate?: boolean;
  /** Lets the clip range fall linearly. Default false. */
  readonly annealsClipRange?: boolean;
  /** Adds what a truncated episode would have gone on to earn. Default false, as CleanRL; Stable-Baselines3: true. */
  readonly bootstrapsTruncation?: boolean;
}

export type Settings = ReturnType<typeof resolveSettings>;

/** @throws RangeError naming the option that is wrong. */
export function resolveSettings(options: TrainOptions) {
  const environments = count('environments', options.environments ?? 4);
  const steps = count('steps', options.steps ?? 128);
  const rows = environments * steps;
  const update = resolveUpdate({ ...options, minibatch: options.minibatch ?? rows / 4 });
  const { minibatch } = update;
  if (rows % minibatch !== 0) {
    throw new RangeError(`"minibatch" must divide the ${rows} rows of a rollout, got ${minibatch}`);
  }
  const updates = Math.floor(count('totalSteps', options.totalSteps) / rows);
  if (updates < 1) {
    throw new RangeError(`"totalSteps" must be at least one rollout, ${rows}, got ${options.totalSteps}`);
  }
  const { valueNormalization = 'pop-art' } = options;
  if (!VALUE_NORMALIZATIONS.includes(valueNormalization)) {
    throw new RangeError(
      `"valueNormalization" must be ${VALUE_NORMALIZATIONS.join(' or ')}, got ${valueNormalization}`,
    );
  }
  return {
    environments,
    steps,
    update,
    updates,
    gamma: share('gamma', options.gamma ?? 0.99),
    lambda: share('lambda', options.lambda ?? 0.95),
    learningRate: positive('learningRate', options.learningRate ?? 2.5e-4),
    clipRange: positive('clipRange', options.clipRange ?? 0.2),
    annealsLearningRate: options.annealsLearningRate ?? true,
    annealsClipRange: options.annealsClipRange ?? false,
    bootstrapsTruncation: options.bootstrapsTruncation ?? false,
    valueNormalization,
  };
}
