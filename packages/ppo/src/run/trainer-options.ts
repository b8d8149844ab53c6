/** From a config to the options of the trainer. */
import { Random } from '@counterpoise/nn';
import type { CheckedEnvironment } from '../checked-environment.js';
import { type EnvironmentSpec, makeEnvironment } from '../registry.js';
import { renderEpisode } from '../render/render-episode.js';
import type { TrainOptions } from '../train/settings.js';
import { createPpoTrainer } from '../train/trainer.js';
import { NormalizeObservation } from '../vector/normalize-observation.js';
import { scaleReward } from '../vector/rewards.js';
import type { PpoConfig } from './config.js';
import { configuredBalance } from './configured-balance.js';
import { openEnvironment } from './open-environment.js';
import { refuse } from './option-checks.js';

export interface ConfiguredTrainer {
  readonly options: TrainOptions;
  /** Of the observations; it learns its statistics in the training. */
  readonly normalizer: NormalizeObservation | undefined;
}

/** @throws CounterpoiseError if the balancing does not fit. */
export function trainerOptions(config: PpoConfig, environment: EnvironmentSpec): ConfiguredTrainer {
  const { seed, priorities, trunk, environments, minibatch, epochs, gamma, lambda, learningRate, maxGradNorm } = config;
  const normalizer = config.normalizeObservations ? new NormalizeObservation() : undefined;
  const options: TrainOptions = {
    environment,
    totalSteps: config.steps,
    seed,
    ...configuredBalance(config),
    priorities,
    trunk,
    environments,
    steps: config.rolloutSteps,
    minibatch,
    epochs,
    transforms: [...(normalizer ? [normalizer] : []), scaleReward(config.rewardScale)],
    gamma,
    lambda,
    learningRate,
    annealsLearningRate: config.annealLearningRate,
    clipRange: config.clip,
    clipsValues: config.clipValues,
    maxGradNorm,
    bootstrapsTruncation: config.bootstrapTruncation,
    ...(config.targetKl !== null && { targetKl: config.targetKl }),
  };
  return { options, normalizer };
}

/**
 * Makes the trainer of a config once and lets it go: what does not go with the environment is known before there is a run folder.
 * @throws CounterpoiseError with the code `option`; EnvironmentError for what the environment does wrong.
 */
export async function requireTrainable(config: PpoConfig): Promise<void> {
  const spec = await openEnvironment(config.environment);
  const { options } = trainerOptions(config, spec);
  const trainer = await createPpoTrainer(options).catch((error: unknown) => {
    throw error instanceof RangeError ? refuse(error.message) : error;
  });
  trainer.release();
  requireDrawable(makeEnvironment(spec));
}

/** Draws the first observation: a scene that fails would cost a finished training its report. */
function requireDrawable(environment: CheckedEnvironment): void {
  if (!environment.scene) return;
  const observations = [environment.reset(new Random(0))];
  const { episodeReturn, episodeLength } = environment;
  const ends = { terminated: false, truncated: true };
  renderEpisode(environment, { observations, actions: [], episodeReturn, episodeLength, ...ends });
}
