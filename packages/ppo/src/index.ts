export type { CheckedEnvironment, EpisodeCounts } from './checked-environment.js';
export { Categorical } from './distributions/categorical.js';
export { DiagonalGaussian } from './distributions/diagonal-gaussian.js';
export { type Action, type Environment, EnvironmentError, type Observation, type Step } from './environment.js';
export { type Episode, type Policy, playEpisode } from './episode.js';
export {
  type EnvironmentSpec,
  environmentNames,
  environmentSpec,
  makeEnvironment,
  registerEnvironment,
} from './registry.js';
export { renderEpisode } from './render/render-episode.js';
export type { Pose, Scene, ScenePart } from './render/scene.js';
export { type AdvantageOptions, generalizedAdvantages, normalizeAdvantages, type Trajectories } from './rollout/gae.js';
export { type Decision, type Minibatch, RolloutBuffer } from './rollout/rollout-buffer.js';
export { type ActionSpace, Box, Discrete } from './spaces.js';
export { NormalizeObservation } from './vector/normalize-observation.js';
export { clipReward, NormalizeReward, scaleReward } from './vector/rewards.js';
export type { Transform } from './vector/transform.js';
export {
  type EndedEpisode,
  VectorEnvironment,
  type VectorOptions,
  type VectorStep,
} from './vector/vector-environment.js';
