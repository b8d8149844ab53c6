/**
 * Running the equations of a jaxpr inside the trace of a `jit`, with zeros that need no array.
 *
 * jax-js has no public function that evaluates a jaxpr, so one step goes through what its types show and its manual does not
 * name: `tracer._trace.processPrimitive`, where every operation of jax-js ends.
 */
import { type ClosedJaxpr, Array as JaxArray, type Jaxpr, numpy as np } from '@jax-js/jax';

/** An array, or what stands for one inside a trace. */
export type Tracer = ClosedJaxpr['consts'][number];
export type Equation = Jaxpr['eqns'][number];
export type Atom = Jaxpr['outs'][number];
export type Variable = Jaxpr['inBinders'][number];
/** Values of variables inside one trace; none for a zero. */
export interface Scope {
  readonly trace: Tracer['_trace'];
  readonly values: Map<Variable, Tracer>;
}

export function scopeOf(trace: Tracer['_trace'], variables: readonly Variable[], values: readonly Tracer[]): Scope {
  return { trace, values: new Map(variables.map((variable, i) => [variable, values[i]!])) };
}

export function isVariable(atom: Atom): atom is Variable {
  return !('value' in atom);
}

/**
 * Adds what the equations give to the values of the scope, which are not used up.
 *
 * @param linear variables in which the equations are linear, such as cotangents: those without a value are zero. What
 * depends on them is added.
 */
export function runEquations(equations: readonly Equation[], scope: Scope, linear: Set<Atom> = new Set()): void {
  const { trace, values } = scope;
  const isZero = (atom: Atom) => linear.has(atom) && !values.has(atom as Variable);
  for (const { primitive, inputs, params, outBinders } of equations) {
    const linearInputs = inputs.filter((atom) => linear.has(atom));
    if (linearInputs.length > 0) {
      for (const variable of outBinders) linear.add(variable);
      if (linearInputs.every(isZero)) continue; // f(0, ..., 0) = 0
      const term = primitive === 'add' && inputs.some(isZero) ? inputs.find((atom) => !isZero(atom)) : undefined;
      if (term && isVariable(term) && `${term.aval}` === `${outBinders[0]!.aval}`) {
        values.set(outBinders[0]!, values.get(term)!); // x + 0 = x
        continue;
      }
    }
    const operands = inputs.map((atom) => raise(trace, readAtom(atom, scope)));
    const results = trace.processPrimitive(primitive, operands, params as never);
    for (const [i, variable] of outBinders.entries()) values.set(variable, results[i]!);
  }
}

function raise(trace: Scope['trace'], value: Tracer): Tracer {
  return value instanceof JaxArray ? trace.pure(value) : value;
}

/** A new reference to the value of an atom. */
export function readAtom(atom: Atom, { values }: Scope): Tracer {
  const { shape, dtype } = atom.aval;
  if (!isVariable(atom)) return np.array(atom.value, { dtype });
  return values.get(atom)?.ref ?? np.zeros(shape, { dtype });
}

/** All atoms that depend on one of these variables. */
export function dependents({ eqns }: Jaxpr, on: readonly Variable[]): ReadonlySet<Atom> {
  const found = new Set<Atom>(on);
  for (const { inputs, outBinders } of eqns) {
    if (inputs.some((atom) => found.has(atom))) for (const variable of outBinders) found.add(variable);
  }
  return found;
}
