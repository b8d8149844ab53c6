/**
 * A balanced step on jax-js:
 *
 *     forward -> losses L_k to the host -> balancer.weigh -> weights w_k -> pullback of (w_1, ..., w_K)
 *                    \__ the gradient of each loss, for methods that ask for it __/
 *
 * The losses are traced and linearised once per shape of their arguments; what comes before and after the host is compiled.
 */
import { Array as JaxArray, numpy as np, tree } from '@jax-js/jax';
import type { Balancer, Need } from 'counterpoise';
import { checkInputs, checkLossFunctions, checkNeeds } from './checks.js';
import type { Losses, LossFunction, Tree, TrunkAndHeads } from './losses.js';
import { measuresGradients } from './measures.js';
import type { HeadWeighting } from './phases.js';
import { Programs } from './programs.js';
import { type StepRemarks, type Weighed, weigh, weightVector } from './weigh.js';

export interface BalancedOptions {
  /**
   * Weights on the gradients of parameters that a single loss reaches: those of the method, or `unweighted`, 1, and 0 for a
   * masked loss. Default: `weighted`, as the gradient of the total.
   */
  readonly heads?: HeadWeighting;
  /** What a step says besides its losses, such as `{ epoch }` or `{ mask }`. Called once per step, after its forward pass. */
  readonly evidence?: () => StepRemarks;
}

export interface BalancedValue<P> extends Weighed {
  /** Of the weighted total, in the structure of the parameters. The caller owns them. */
  readonly grads: P;
}

/** Numbers and booleans may stand for arrays of shape []. */
type ArrayLike<T> = T extends JaxArray ? T | number | boolean : { [K in keyof T]: ArrayLike<T[K]> };

export interface BalancedFunction<P, A extends readonly unknown[]> {
  /**
   * One step: uses up one reference of each array in its arguments, when it throws as well.
   *
   * @throws CounterpoiseError if an argument, the losses or a gradient cannot be used: the balancer's state is then as it was.
   * Or if a weight is beyond the range of the losses' type: the balancer has then taken its step.
   */
  (params: P, ...args: ArrayLike<A>): Promise<BalancedValue<P>>;
  /** Frees the arrays from outside that the losses use. */
  dispose(): void;
}

/**
 * The balanced counterpart of `jit(valueAndGrad(f))`: losses, and the gradient of w_1 L_1 + ... + w_K L_K with the weights of
 * the balancer, which are constants for the gradient. Each call counts as one step of the balancer.
 *
 * @param losses float scalars by name, from parameters (any tree of float arrays) and arguments; or a trunk and heads, between
 * which gradients are measured then. As with `jit` they are run once for each set of shapes, and what they take from
 * outside is a constant: what changes from step to step has to be an argument.
 * @throws CounterpoiseError if the method compares batches.
 *
 * @example
 * const step = balancedValueAndGrad(createBalancer('running-max'), (params, x, y) => ({ class: ..., box: ... }));
 * const { losses, weights, total, grads } = await step(tree.ref(params), x, y);
 */
export function balancedValueAndGrad<N extends Need, P, A extends readonly unknown[], Z>(
  balancer: Balancer<N>,
  losses: LossFunction<P, A> | TrunkAndHeads<P, Z, A>,
  { heads = 'weighted', evidence = () => ({}) }: BalancedOptions = {},
): BalancedFunction<P, A> {
  const { method } = balancer;
  checkLossFunctions(losses);
  checkNeeds(method.name, method.needs);
  const programs = new Programs(losses as unknown as Losses, heads, method.needs);

  async function step(params: P, ...args: ArrayLike<A>): Promise<BalancedValue<P>> {
    const trees = [params, ...args] as Tree[];
    const [leaves, structure] = tree.flatten(trees);
    const ofParams = structure.childTreedefs[0]!;
    let owned: readonly unknown[] = leaves;
    try {
      checkInputs(leaves, ofParams.size, trees);
      const inputs = leaves.map((leaf) => (leaf instanceof JaxArray ? leaf : np.array(leaf)));
      owned = inputs;
      const { traced, phases } = programs.phasesFor(inputs, structure, measuresGradients(balancer.needs));
      const all = [...traced.consts, ...inputs];
      const [numbers, ...kept] = phases.forward(all.map((array) => array.ref)) as [JaxArray, ...JaxArray[]];
      owned = [...inputs, ...kept];
      const { dtype } = numbers;
      const values = Array.from(await numbers.data(), Number);
      const measures = phases.read?.(values.slice(traced.names.length));
      const remarks = evidence();
      const weighed = weigh(balancer, traced.names, values, measures, remarks);
      const weights = weightVector(traced.names, weighed.weights, remarks.mask, dtype);
      owned = inputs;
      const grads = phases.backward([weights, ...kept]);
      return { ...weighed, grads: tree.unflatten(ofParams, grads) as P };
    } finally {
      for (const array of owned) if (array instanceof JaxArray && array.refCount > 0) array.dispose();
    }
  }

  return Object.assign(step, { dispose: () => programs.dispose() });
}
