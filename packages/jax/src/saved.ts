/**
 * What the forward pass hands to the backward pass. Both are compiled, and a compiled function writes every result to memory:
 * what only the backward pass reads, and is made by a cheap operation from one other array, is made there instead.
 */
import type { Jaxpr } from '@jax-js/jax';
import { type Atom, type Equation, isVariable, type Variable } from './jaxpr.js';

/** Compiled into the kernel that reads the result. */
const CHEAP = new Set([
  ...['transpose', 'broadcast', 'reshape', 'flip', 'shrink', 'stop_gradient'],
  ...['neg', 'cast', 'compare', 'add', 'mul', 'min', 'max'],
]);

export interface Saved {
  readonly variables: readonly Variable[];
  /** From `variables` to the residuals, in order. */
  readonly remake: readonly Equation[];
}

/**
 * @param outputs of the forward pass.
 * @param residuals what the backward pass reads besides.
 */
export function savedFor({ eqns }: Jaxpr, outputs: readonly Atom[], residuals: readonly Atom[]): Saved {
  const sources = new Map(eqns.flatMap((equation) => equation.outBinders.map((result) => [result, equation] as const)));
  const used = new Set(outputs);
  for (const { inputs, outBinders } of eqns.toReversed()) {
    if (outBinders.some((result) => used.has(result))) for (const operand of inputs) used.add(operand);
  }
  const variables = new Set<Variable>();
  const remake = new Set<Equation>();
  const save = (variable: Variable): void => {
    const source = sources.get(variable);
    const operands = [...new Set(source?.inputs.filter(isVariable))];
    if (source && operands.length === 1 && CHEAP.has(source.primitive) && !used.has(variable)) {
      remake.add(source);
      save(operands[0]!);
    } else variables.add(variable);
  };
  for (const residual of residuals) if (isVariable(residual)) save(residual);
  return { variables: [...variables], remake: eqns.filter((equation) => remake.has(equation)) };
}
