/** One balanced step of an optimiser. */
import { dispose, type Optimizer, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Balancer, Need } from 'counterpoise';
import { type BalancedGrads, balancedGrads, balancedGradsAsync, type LossFunction } from './balanced-grads.js';
import type { Representation } from './representation.js';
import type { BalancedSettings, BalancedStep } from './step.js';
import { inOrder } from './variables.js';

/**
 * The balanced counterpart of `optimizer.minimize`: one step. Leaves no tensor behind. Where a loss may be absent from a step give
 * `variables`: TensorFlow.js's optimisers keep their moments by place, and a list keeps the place of what a step does not reach.
 * Parameters and errors are those of `balancedGrads`.
 *
 * @example
 * const { losses, weights } = minimize(optimizer, balancer, () => ({ class: classLoss(), box: boxLoss() }));
 */
export function minimize<N extends Need, Z extends Representation = Tensor>(
  optimizer: Optimizer,
  balancer: Balancer<N>,
  f: LossFunction<Z>,
  variables?: readonly Variable[],
  settings?: BalancedSettings,
): BalancedStep {
  return apply(optimizer, variables, balancedGrads(balancer, f, variables, settings));
}

/** As `minimize`, on `balancedGradsAsync`. */
export async function minimizeAsync<N extends Need, Z extends Representation = Tensor>(
  optimizer: Optimizer,
  balancer: Balancer<N>,
  f: LossFunction<Z>,
  variables?: readonly Variable[],
  settings?: BalancedSettings,
): Promise<BalancedStep> {
  return apply(optimizer, variables, await balancedGradsAsync(balancer, f, variables, settings));
}

function apply(
  optimizer: Optimizer,
  variables: readonly Variable[] | undefined,
  { grads, ...numbers }: BalancedGrads,
): BalancedStep {
  try {
    optimizer.applyGradients(variables ? inOrder(variables, grads) : grads);
  } finally {
    dispose(grads);
  }
  return numbers;
}
