/** The compiled parts of a step: forward, and backward once the weights are known. */
import { type Array as JaxArray, numpy as np } from '@jax-js/jax';
import type { Compiled } from './compiled.js';
import { runEquations, type Scope, scopeOf, type Tracer } from './jaxpr.js';
import type { GradientMeasures } from './measures.js';
import { pullBack } from './pullback.js';
import type { Saved } from './saved.js';
import type { Sharing } from './sharing.js';
import type { Traced } from './trace.js';

/** Weights on the gradients of parameters that a single loss reaches: those of the method, or 1, and 0 for a masked loss. */
export type HeadWeighting = 'weighted' | 'unweighted';

export interface Phases {
  /** Constants, parameters and arguments in; out a vector of numbers, the losses first, and what `backward` takes. */
  readonly forward: Compiled;
  /** A vector of weights and the rest of what `forward` gave in; the gradient of each array of the parameters out. */
  readonly backward: Compiled;
  /** What the numbers after the losses say. */
  readonly read?: (sums: readonly number[]) => GradientMeasures;
}

/** All values of the forward pass, inside a trace. */
export function forwardScope({ forward, inputs: variables }: Traced, inputs: readonly JaxArray[]): Scope {
  const scope = scopeOf(inputs[0]!._trace, variables, inputs);
  runEquations(forward.eqns, scope);
  return scope;
}

/** What has been saved and what is made from it, inside a trace. */
export function savedScope({ variables, remake }: Saved, kept: readonly JaxArray[], weights: JaxArray): Scope {
  const scope = scopeOf(weights._trace, variables, kept);
  runEquations(remake, scope);
  return scope;
}

/** Entry k of `weightVector`, in the type of what it is to weigh. */
export function weightOf(weights: JaxArray, k: number, dtype: JaxArray['dtype']): JaxArray {
  return weights.ref.slice(k).astype(dtype);
}

/** Sum over the losses of entry `first + k` of `weightVector` times gradient at the inputs of the heads; `undefined` for zero. */
export type WeightedSum = (weights: JaxArray, first: number) => readonly (Tracer | undefined)[];

/** Gradients of the parameters from those at the inputs of the heads, inside a trace. */
export function parameterGradients(
  traced: Traced,
  { ofOneLoss }: Sharing,
  heads: HeadWeighting,
  sum: WeightedSum,
  weights: JaxArray,
  scope: Scope,
): JaxArray[] {
  const { names, trunk, parameters, consts, inputs, outputs } = traced;
  const throughTrunk = (atHeads: readonly (Tracer | undefined)[]) => {
    const direct = atHeads.slice(0, parameters);
    if (!trunk) return direct;
    const through = pullBack(trunk, outputs.trunkResiduals, scope, atHeads.slice(parameters));
    return direct.map((a, at) =>
      a && through[at] ? (a as JaxArray).add(through[at] as JaxArray) : (a ?? through[at]),
    );
  };
  const weighted = throughTrunk(sum(weights, 0));
  // Of each of the two only a part is used, and no more is compiled.
  const unweighted = heads === 'unweighted' ? throughTrunk(sum(weights, names.length)) : weighted;
  return weighted.map((gradient, at) => {
    const { shape, dtype } = inputs[consts.length + at]!.aval;
    return ((ofOneLoss[at] ? unweighted[at] : gradient)?.ref ?? np.zeros(shape, { dtype })) as JaxArray;
  });
}
