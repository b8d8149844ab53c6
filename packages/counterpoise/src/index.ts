/**
 * Loss balancing: losses in, weights out. No dependency, no tensors.
 *
 * @module
 */
export { Balancer, type BalancerSettings, createBalancer } from './balancer.js';
export type { BalancerState } from './balancer-state.js';
export { CounterpoiseError, type ErrorCode } from './errors.js';
export type { Evidence, LossEvidence, Measurements, Need } from './evidence.js';
export type { Json, PerTask } from './json.js';
export { defineMethod, type Method, type MethodState, type Rule, type Step, type Weighing } from './method.js';
export type { MethodRow, Properties } from './method-row.js';
export { type EmaOptions, ema } from './methods/ema.js';
export { type LogSumOptions, logSum } from './methods/log-sum.js';
export { mean } from './methods/mean.js';
export { type RunningMaxOptions, runningMax } from './methods/running-max.js';
export { type StaticOptions, staticWeights } from './methods/static.js';
export { sum } from './methods/sum.js';
export type { BooleanSpec, ChoiceSpec, NumberSpec, OptionSpec, OptionSpecs, OptionValues } from './options.js';
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
export type { StatisticOptions } from './statistic-rule.js';
