/**
 * Loss balancing for TensorFlow.js.
 *
 * @module
 */
export {
  type BalancedGrads,
  balancedGrads,
  balancedGradsAsync,
  type LossFunction,
} from './balanced-grads.js';
export type { Losses } from './losses.js';
export { minimize, minimizeAsync } from './minimize.js';
export type { Representation, TrunkAndHeads } from './representation.js';
export type { BalancedSettings, BalancedStep } from './step.js';
