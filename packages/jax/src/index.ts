/**
 * Loss balancing for jax-js.
 *
 * @module
 */
export {
  type BalancedFunction,
  type BalancedOptions,
  type BalancedValue,
  balancedValueAndGrad,
} from './balanced-value-and-grad.js';
export type { LossFunction, LossRecord, TrunkAndHeads } from './losses.js';
export type { HeadWeighting } from './phases.js';
export type { StepRemarks } from './weigh.js';
