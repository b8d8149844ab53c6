/**
 * Loss balancing: losses in, weights out. No dependency, no tensors.
 *
 * @module
 */
export { Balancer, type BalancerSettings, createBalancer } from './balancer.js';
export type { BalancerState } from './balancer-state.js';
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
export type { Family, MethodRow, Properties } from './method-row.js';
export { mean } from './methods/fixed/mean.js';
export { type StaticOptions, staticWeights } from './methods/fixed/static.js';
export { sum } from './methods/fixed/sum.js';
export { type LogSumOptions, logSum } from './methods/losses/log-sum.js';
export { type EmaOptions, ema } from './methods/statistics/ema.js';
export { type RunningMaxOptions, runningMax } from './methods/statistics/running-max.js';
export type { StatisticOptions } from './methods/statistics/statistic-rule.js';
export type {
  BooleanSpec,
  ChoiceSpec,
  NumberSpec,
  OptionSpec,
  OptionSpecs,
  OptionValues,
  TaskSpec,
} from './options.js';
export { kebabCase } from './options.js';
export { parseOptions } from './parse-options.js';
export {
  type AnyMethodRow,
  createMethod,
  type MethodName,
  methodRow,
  methods,
  type NeedsOf,
  type OptionsOf,
} from './registry.js';
export type { Renormalisation } from './renormalise.js';
export type { ActiveTask, Magnitude, Reason, ReasonCode } from './screen.js';
