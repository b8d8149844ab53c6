/**
 * A balanced step on TensorFlow.js:
 *
 *     forward -> losses L_k to the host -> balancer.weigh -> weights w_k -> backward of sum_k w_k L_k
 *                    \__ the gradient of each loss, for methods that ask for it __/
 */
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core';
import { type Balancer, CounterpoiseError, type Need } from 'counterpoise';
import { byLossValues } from './loss-values.js';
import type { Losses } from './losses.js';
import { atParameters } from './parameters.js';
import { atRepresentation, type Representation, type TrunkAndHeads } from './representation.js';
import type { BalancedSettings, BalancedStep, Step, Way } from './step.js';
import { type InTwoParts, onTape, onTapeAsync } from './tape.js';
import { trainableOf } from './variables.js';

export interface BalancedGrads extends BalancedStep {
  /** By variable name, as `optimizer.applyGradients` takes them. To be disposed by the caller, or by a surrounding `tf.tidy`. */
  readonly grads: NamedTensorMap;
}

/** The losses as a function of variables and data; with a trunk and heads gradients are measured between the two. */
export type LossFunction<Z extends Representation> = (() => Losses) | TrunkAndHeads<Z>;

const GRADIENT_NEEDS: readonly Need[] = ['gradientNorms', 'gradientMax', 'gradientMean', 'gramian'];

/**
 * The balanced counterpart of `tf.variableGrads`: gradients of w_1 L_1 + ... + w_K L_K with the weights of the balancer, which
 * are constants for the gradient. Counts as one step of the balancer.
 *
 * @param f returns the losses by name, each a float32 scalar. It runs once, on the tape and tidied.
 * @param variables those to train. Default: all trainable variables, as in `tf.variableGrads`.
 * @throws CounterpoiseError if a loss is no scalar, is NaN or infinite, reaches no variable (looked at in the balancer's first
 * step), or the balancer cannot use it; if the method measures gradients and the losses share no variable; if the method compares
 * batches. Then nothing has changed. Also if a weight does not fit float32: then the balancer has taken its step.
 */
export function balancedGrads<N extends Need, Z extends Representation = Tensor>(
  balancer: Balancer<N>,
  f: LossFunction<Z>,
  variables?: readonly Variable[],
  settings: BalancedSettings = {},
): BalancedGrads {
  const step = stepOf(balancer, variables, settings);
  return onTape(() => {
    const { wanted, finish } = inTwoParts(step, f);
    return finish(wanted.dataSync<'float32'>());
  });
}

/**
 * As `balancedGrads`, but it waits for the losses without holding up the event loop: for the backends webgpu and webgl, where a
 * synchronous download stalls the page. `f` itself is synchronous. Await one step before the next.
 */
export async function balancedGradsAsync<N extends Need, Z extends Representation = Tensor>(
  balancer: Balancer<N>,
  f: LossFunction<Z>,
  variables?: readonly Variable[],
  settings: BalancedSettings = {},
): Promise<BalancedGrads> {
  const step = stepOf(balancer, variables, settings);
  return onTapeAsync(() => inTwoParts(step, f));
}

function stepOf<N extends Need>(
  balancer: Balancer<N>,
  variables: readonly Variable[] | undefined,
  settings: BalancedSettings,
): Step {
  const { needs, method } = balancer;
  if (needs.includes('crossGramian')) {
    throw new CounterpoiseError(
      'option',
      `${method.name} compares the gradients of two batches, and here there is one: take another method`,
    );
  }
  return {
    balancer: balancer as unknown as Balancer<Need>,
    variables: trainableOf(variables),
    settings,
    needs: new Set(needs.filter((need) => GRADIENT_NEEDS.includes(need))),
  };
}

function inTwoParts<Z extends Representation>(step: Step, f: LossFunction<Z>): InTwoParts<BalancedGrads> {
  const { wanted, finish } = wayOf(step, f);
  return {
    wanted,
    finish(values) {
      const { numbers, gradients } = finish(values);
      const reached = step.variables.flatMap(({ name }, at) => (gradients[at] ? [[name, gradients[at]] as const] : []));
      return { ...numbers, grads: Object.fromEntries(reached) };
    },
  };
}

function wayOf<Z extends Representation>(step: Step, f: LossFunction<Z>): Way {
  if (typeof f === 'function') return step.needs.size === 0 ? byLossValues(step, f) : atParameters(step, f);
  if (typeof f?.trunk !== 'function' || typeof f.heads !== 'function') {
    throw new CounterpoiseError('option', '"f" must be a function of losses, or { trunk, heads }, two functions');
  }
  return step.needs.size === 0 ? byLossValues(step, () => f.heads(f.trunk())) : atRepresentation(step, f);
}
