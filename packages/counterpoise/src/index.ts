/**
 * Loss balancing: losses in, weights out. No dependency, no tensors.
 *
 * @module
 */
export { Balancer, type BalancerSettings, createBalancer } from './balancer.js';
export type { BalancerState } from './balancer-state.js';
export { createMethod, type MethodName, type NeedsOf, type OptionsOf } from './create-method.js';
export { CounterpoiseError, type ErrorCode } from './errors.js';
export type { Evidence, LossEvidence, Measurements, Need, Remarks } from './evidence.js';
export type { Json, PerTask } from './json.js';
export {
  defineMethod,
  type Method,
  type MethodState,
  type Rule,
  type Step,
  type Weighing,
  type Weights,
} from './method.js';
export { logGrid, simplexGrid } from './methods/fixed/grid.js';
export { mean } from './methods/fixed/mean.js';
export { type RandomOptions, random } from './methods/fixed/random.js';
export { type StaticOptions, staticWeights } from './methods/fixed/static.js';
export { sum } from './methods/fixed/sum.js';
export { type AlignedMtlOptions, alignedMtl } from './methods/gramian/aligned-mtl.js';
export { type CagradOptions, cagrad } from './methods/gramian/cagrad.js';
export { type ConfigOptions, config } from './methods/gramian/config.js';
export { type DualprojOptions, dualproj } from './methods/gramian/dualproj.js';
export { type FairgradOptions, fairgrad } from './methods/gramian/fairgrad.js';
export { type GradvacOptions, gradvac } from './methods/gramian/gradvac.js';
export { type ImtlOptions, imtl } from './methods/gramian/imtl.js';
export { imtlG } from './methods/gramian/imtl-g.js';
export { type KrumOptions, krum } from './methods/gramian/krum.js';
export { type MgdaOptions, mgda } from './methods/gramian/mgda.js';
export { type ModoOptions, modo } from './methods/gramian/modo.js';
export { type NashMtlOptions, nashMtl } from './methods/gramian/nash-mtl.js';
export { type PcgradOptions, pcgrad } from './methods/gramian/pcgrad.js';
export { type SdmgradOptions, sdmgrad } from './methods/gramian/sdmgrad.js';
export { type UpgradOptions, upgrad } from './methods/gramian/upgrad.js';
export { type FamoOptions, famo } from './methods/learned/famo.js';
export { type ImtlLOptions, imtlL } from './methods/learned/imtl-l.js';
export { type UncertaintyOptions, uncertainty } from './methods/learned/uncertainty.js';
export { type UncertaintyLog1pOptions, uncertaintyLog1p } from './methods/learned/uncertainty-log1p.js';
export { type CosmosOptions, cosmos } from './methods/losses/cosmos.js';
export { type CovOptions, cov } from './methods/losses/cov.js';
export { type DwaOptions, dwa } from './methods/losses/dwa.js';
export { type GeometricMeanOptions, geometricMean } from './methods/losses/geometric-mean.js';
export { type LogSumOptions, logSum } from './methods/losses/log-sum.js';
export { type PbiOptions, pbi } from './methods/losses/pbi.js';
export { type RelobraloOptions, relobralo } from './methods/losses/relobralo.js';
export { type SelfBalanceOptions, selfBalance } from './methods/losses/self-balance.js';
export { type SoftAdaptOptions, softAdapt } from './methods/losses/soft-adapt.js';
export { type StchOptions, stch } from './methods/losses/stch.js';
export { type TchebycheffOptions, tchebycheff } from './methods/losses/tchebycheff.js';
export { type UncertaintySoftmaxOptions, uncertaintySoftmax } from './methods/losses/uncertainty-softmax.js';
export { type DbMtlOptions, dbMtl } from './methods/norms/db-mtl.js';
export { type EncodecOptions, encodec } from './methods/norms/encodec.js';
export { type GradNormOptions, gradNorm } from './methods/norms/grad-norm.js';
export { type JaxpiOptions, jaxpi } from './methods/norms/jaxpi.js';
export { type NormEqualizeOptions, normEqualize } from './methods/norms/norm-equalize.js';
export { type PinnAnnealingOptions, pinnAnnealing } from './methods/norms/pinn-annealing.js';
export { type EmaOptions, ema } from './methods/statistics/ema.js';
export { type InitialLossOptions, initialLoss } from './methods/statistics/initial-loss.js';
export { type RunningMaxOptions, runningMax } from './methods/statistics/running-max.js';
export { runningMean } from './methods/statistics/running-mean.js';
export { type RunningQuantileOptions, runningQuantile } from './methods/statistics/running-quantile.js';
export { type RunningRmsOptions, runningRms } from './methods/statistics/running-rms.js';
export type { SignedStatisticOptions, StatisticOptions } from './methods/statistics/statistic-rule.js';
export { type ZScoreOptions, zScore } from './methods/statistics/z-score.js';
export type {
  BooleanSpec,
  ChoiceSpec,
  NumberSpec,
  OptionSpec,
  OptionSpecs,
  OptionValues,
  TaskSpec,
} from './options.js';
export { packEvidence, unpackEvidence } from './ranks.js';
export type { Renormalisation } from './renormalise.js';
export type { ActiveTask, Magnitude, Reason, ReasonCode } from './screen.js';
export {
  extractStatic,
  type StaticSearchOptions,
  type StaticTrial,
  type StaticWeights,
  searchStatic,
} from './static-search.js';
export { type ClampOptions, clamp } from './wrappers/clamp.js';
export { type Composition, compose, type Wrapping, wrappingSpecs } from './wrappers/compose.js';
export { type FreezeOptions, freeze } from './wrappers/freeze.js';
export { normalizeFirst } from './wrappers/normalize-first.js';
export { type SmoothOptions, smooth } from './wrappers/smooth.js';
export { type UpdateEveryOptions, updateEvery } from './wrappers/update-every.js';
export { type WarmUpOptions, warmUp } from './wrappers/warm-up.js';
