/** What the weights of the losses do to variables that a single loss reaches: its head. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { NamedLosses } from './losses.js';
import type { Step } from './step.js';

type Gradients = (Tensor | undefined)[];

export interface Backward {
  /** The gradient of f_1 L_1 + ... + f_K L_K for each of `variables`, undefined where no loss reaches. */
  gradients(factors: readonly number[], variables: readonly Variable[]): Gradients;
  /** Variables that loss k reaches. */
  reached(k: number): readonly Variable[];
}

/** For all variables the gradient of the weighted total; for those of unweighted heads that of their loss as it is. */
export function weightedGradients(
  { variables, settings: { heads, mask } }: Step,
  { names }: NamedLosses,
  weights: readonly number[],
  { gradients, reached }: Backward,
): Gradients {
  const weighted = gradients(weights, variables);
  // With a single loss there are no heads.
  if (heads !== 'unweighted' || names.length === 1) return weighted;
  const sets = names.map((_, k) => new Set(reached(k)));
  const ofOneLoss = variables.filter((variable) => sets.filter((set) => set.has(variable)).length === 1);
  // A masked loss trains nothing, its head included.
  const factors = names.map((name) => Number(mask?.[name] !== false));
  const plain = gradients(factors, ofOneLoss);
  return variables.map((variable, at) => plain[ofOneLoss.indexOf(variable)] ?? weighted[at]);
}
