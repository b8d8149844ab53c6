/** A pullback as data: which cotangent reaches which input, and its values for cotangents of which some are zero. */
import { type Array as JaxArray, type Jaxpr, makeJaxpr, type OwnedFunction, tree } from '@jax-js/jax';
import {
  type Atom,
  dependents,
  readAtom,
  runEquations,
  type Scope,
  scopeOf,
  type Tracer,
  type Variable,
} from './jaxpr.js';
import type { Tree } from './losses.js';

/** Of a function at one point: cotangents of its outputs in, cotangents of its inputs out, each as a flat list. */
export interface Pullback {
  readonly jaxpr: Jaxpr;
  /** Variables for what the forward pass has to keep. */
  readonly residuals: readonly Variable[];
  readonly cotangents: readonly Variable[];
  /** [output][input]: does the output depend on the input? */
  readonly reaches: readonly (readonly boolean[])[];
}

/** What `vjp` gives beside the value. */
export type Pull = OwnedFunction<(cotangents: Tree) => Tree>;

export interface TracedPullback {
  readonly pullback: Pullback;
  /** Values for `pullback.residuals`, in the trace around. */
  readonly residuals: readonly Tracer[];
}

/**
 * Takes what `vjp` gives inside a trace.
 *
 * @param pull is used up.
 * @param outputs of the function that was pulled back, for their shapes.
 */
export function tracePullback(pull: Pull, outputs: Tree): TracedPullback {
  const { jaxpr: closed } = makeJaxpr((cotangents: Tree) => tree.leaves(pull(cotangents)) as JaxArray[])(outputs);
  pull.dispose();
  const jaxpr = closed.jaxpr.flatten().simplify();
  const count = closed.consts.length;
  const cotangents = jaxpr.inBinders.slice(count);
  const reaches = cotangents.map((cotangent) => {
    const reached = dependents(jaxpr, [cotangent]);
    return jaxpr.outs.map((out) => reached.has(out));
  });
  // What is not used only says that an input is not reached: a constant zero.
  const used = new Set(jaxpr.eqns.flatMap(({ inputs }) => inputs));
  const kept = jaxpr.inBinders.slice(0, count).flatMap((variable, i) => (used.has(variable) ? [{ variable, i }] : []));
  const residuals = kept.map(({ i }) => closed.consts[i]!.ref);
  closed.dispose();
  return { pullback: { jaxpr, residuals: kept.map(({ variable }) => variable), cotangents, reaches }, residuals };
}

/**
 * Cotangents of the inputs, inside the trace of a function to be compiled; `undefined` for zero.
 *
 * @param residuals what stands for `pullback.residuals` in the scope, which is not used up.
 * @param cotangents of the outputs, `undefined` for zero. Used up.
 */
export function pullBack(
  pullback: Pullback,
  residuals: readonly Atom[],
  scope: Scope,
  cotangents: readonly (Tracer | undefined)[],
): (Tracer | undefined)[] {
  const { eqns, outs } = pullback.jaxpr;
  const kept = residuals.map((atom) => readAtom(atom, scope));
  const inner = scopeOf(scope.trace, pullback.residuals, kept);
  for (const [i, variable] of pullback.cotangents.entries()) {
    const cotangent = cotangents[i];
    if (cotangent) inner.values.set(variable, cotangent);
  }
  const linear = new Set<Atom>(pullback.cotangents);
  runEquations(eqns, inner, linear);
  const found = outs.map((out) => (linear.has(out) ? inner.values.get(out as Variable)?.ref : undefined));
  for (const value of [...kept, ...cotangents]) value?.dispose();
  return found;
}
