/** The losses as jaxprs: once per shape of the arguments, and nothing is computed. */
import { type Array as JaxArray, type Jaxpr, makeJaxpr, tree, vjp } from '@jax-js/jax';
import { checkedLosses, checkedRepresentation } from './checks.js';
import type { Atom, Variable } from './jaxpr.js';
import type { Losses, Tree } from './losses.js';
import { type Pull, type Pullback, type TracedPullback, tracePullback } from './pullback.js';

export interface Traced {
  readonly names: readonly string[];
  /** Arrays from outside that the losses use. Owned. */
  readonly consts: readonly JaxArray[];
  /** Number of arrays of the parameters. */
  readonly parameters: number;
  readonly forward: Jaxpr;
  /** What `forward` takes: `consts`, parameters and arguments. */
  readonly inputs: readonly Variable[];
  /** What `forward` gives. */
  readonly outputs: {
    readonly losses: readonly Atom[];
    readonly headResiduals: readonly Atom[];
    readonly trunkResiduals: readonly Atom[];
  };
  /** From the losses to the parameters and the representation; where there is none, to the parameters. */
  readonly heads: Pullback;
  /** From the representation to the parameters. */
  readonly trunk: Pullback | undefined;
}

/** Makes each output by an operation of its own: `vjp` of jax-js 0.1.25 fails where one output is computed from another. */
function apart<T extends Tree>(outputs: T): T {
  return tree.map((array: JaxArray) => array.reshape(array.shape), outputs) as T;
}

export function traceLosses(losses: Losses, params: Tree, args: readonly Tree[]): Traced {
  const { trunk: representationOf, heads: lossesOf } =
    typeof losses === 'function' ? { trunk: undefined, heads: losses } : losses;
  let names: readonly string[] = [];
  let heads: TracedPullback | undefined;
  let trunk: TracedPullback | undefined;
  const forward = (params: Tree, ...args: Tree[]) => {
    const again = () => args.map((arg) => tree.ref(arg));
    const inputs = [params];
    if (representationOf) {
      const f = (p: Tree) => apart(checkedRepresentation(representationOf(p, ...again())));
      const [representation, pull] = vjp(f, [tree.ref(params)]);
      trunk = tracePullback(pull as Pull, representation);
      inputs.push(representation);
    }
    const f = (...x: Tree[]) => apart(checkedLosses(lossesOf(...x, ...again())));
    const [values, pull] = vjp(f, inputs);
    heads = tracePullback(pull as Pull, values);
    names = Object.keys(values);
    return [...Object.values(values), ...heads.residuals, ...(trunk?.residuals ?? [])] as JaxArray[];
  };
  const { jaxpr: closed } = makeJaxpr(forward)(params, ...args);
  const jaxpr = closed.jaxpr.flatten().simplify();
  // Zero tangents are left over from the linearisation.
  const used = new Set<Atom>([...jaxpr.outs, ...jaxpr.eqns.flatMap(({ inputs }) => inputs)]);
  const isUsed = (_: unknown, i: number) => i >= closed.consts.length || used.has(jaxpr.inBinders[i]!);
  for (const [i, array] of closed.consts.entries()) if (!isUsed(array, i)) array.dispose();
  const first = names.length + heads!.residuals.length;
  return {
    names,
    consts: closed.consts.filter(isUsed) as JaxArray[],
    parameters: tree.leaves(params).length,
    forward: jaxpr,
    inputs: jaxpr.inBinders.filter(isUsed),
    outputs: {
      losses: jaxpr.outs.slice(0, names.length),
      headResiduals: jaxpr.outs.slice(names.length, first),
      trunkResiduals: jaxpr.outs.slice(first),
    },
    heads: heads!.pullback,
    trunk: trunk?.pullback,
  };
}
