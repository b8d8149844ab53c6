export type { CheckedEnvironment, EpisodeCounts } from './checked-environment.js';
export { Categorical } from './distributions/categorical.js';
export { DiagonalGaussian } from './distributions/diagonal-gaussian.js';
export { type Action, type Environment, EnvironmentError, type Observation, type Step } from './environment.js';
export { type Episode, type Policy, playEpisode } from './episode.js';
export { type EvaluateOptions, evaluatePolicy, greedyPolicy, type PolicyEvaluation } from './evaluate.js';
export { type Diagnostics, diagnostics } from './losses/diagnostics.js';
export { categoricalEntropyLoss, gaussianEntropyLoss } from './losses/entropy-loss.js';
export { policyLoss } from './losses/policy-loss.js';
export { clippedValueLoss, valueLoss } from './losses/value-loss.js';
export { Actor, compileActor } from './policy/actor.js';
export { ActorCritic, type ActorCriticOptions, type PolicyAndValues, type Trunk } from './policy/actor-critic.js';
export { categoricalLogProb, gaussianLogProb } from './policy/log-prob.js';
export { PRESETS, presetFor } from './presets.js';
export {
  type EnvironmentSpec,
  environmentNames,
  environmentSpec,
  makeEnvironment,
  registerEnvironment,
} from './registry.js';
export { renderEpisode } from './render/render-episode.js';
export type { Pose, Scene, ScenePart } from './render/scene.js';
export { type CollectOptions, collectRollout } from './rollout/collect.js';
export { type AdvantageOptions, generalizedAdvantages, normalizeAdvantages, type Trajectories } from './rollout/gae.js';
export { type Decision, type Minibatch, RolloutBuffer } from './rollout/rollout-buffer.js';
export {
  checkPpoConfig,
  checkPpoOption,
  checkPpoRun,
  completePpoConfig,
  isPpoRun,
  PPO_DEFAULTS,
} from './run/check-config.js';
export type { PpoConfig, PpoPreset } from './run/config.js';
export { isModule, openEnvironment } from './run/open-environment.js';
export { createPpoProgress, type PpoProgress, type PpoProgressOptions, type UpdateProgress } from './run/progress.js';
export type { RecentReturn } from './run/records.js';
export { type ReportedRun, writePpoReport } from './run/report.js';
export { createSeeds, hasSeeds, openSeeds, type PpoSeeds, seedRun } from './run/seeds.js';
export { type PpoShape, type TrainPpoOptions, type TrainPpoResult, trainPpo } from './run/train.js';
export { openTrainedPolicy, type TrainedPolicy } from './run/trained.js';
export { requireTrainable } from './run/trainer-options.js';
export { type ActionSpace, Box, Discrete } from './spaces.js';
export type { TrainOptions } from './train/settings.js';
export { createPpoTrainer, type Iteration, PpoTrainer } from './train/trainer.js';
export { type Coefficients, exemptEntropy, fixedCoefficients } from './update/balancing.js';
export { balanceNames, type ChosenBalance, chooseBalance } from './update/choose-balance.js';
export { clipLosses } from './update/clip-losses.js';
export { explainedVariance } from './update/explained-variance.js';
export { type LearnGraph, LOSS_NAMES, type LossName, learnGraph, type PerPpoLoss } from './update/learn-graph.js';
export { compilePpoUpdate, linearAnnealing, PpoUpdate, type UpdateRates } from './update/update.js';
export type { UpdateOptions } from './update/update-options.js';
export type { UpdateResult } from './update/update-result.js';
export { VALUE_NORMALIZATIONS, type ValueNormalization } from './update/value-normalization.js';
export { NormalizeObservation } from './vector/normalize-observation.js';
export { clipReward, NormalizeReward, scaleReward } from './vector/rewards.js';
export type { Transform } from './vector/transform.js';
export {
  type EndedEpisode,
  VectorEnvironment,
  type VectorOptions,
  type VectorStep,
} from './vector/vector-environment.js';
