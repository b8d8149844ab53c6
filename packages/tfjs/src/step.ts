/** What the ways of a balanced step have in common. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  type Balancer,
  CounterpoiseError,
  type Evidence,
  type Measurements,
  type Need,
  type Remarks,
  type Weighing,
} from 'counterpoise';
import { finiteValues, type NamedLosses } from './losses.js';
import type { Measures } from './measures.js';
import { type InTwoParts, reachedBy } from './tape.js';

/** What a step may say besides its losses. */
export interface BalancedSettings extends Remarks {
  /** Number of the epoch, from 0: for balancers whose method asks for it (`dwa`). */
  readonly epoch?: Measurements['epoch'];
  /**
   * Weights on the gradients of variables that a single loss reaches. Default: `weighted`, as the gradient of the total.
   * `unweighted` takes 1 for the weight, 0 where the loss is masked.
   */
  readonly heads?: 'weighted' | 'unweighted';
}

/** The numbers of a step: plain ones, nothing to dispose. */
export interface BalancedStep extends Weighing {
  /** Raw losses, as the balancer saw them. */
  readonly losses: Readonly<Record<string, number>>;
  /** L2 norm of the gradient of each raw loss where it is measured; only in steps that measure it. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** Dot products of those gradients, K x K in the order of the balancer's tasks; only for methods that ask for it. */
  readonly gramian?: readonly (readonly number[])[];
}

export interface Step {
  readonly balancer: Balancer<Need>;
  /** Trainable. */
  readonly variables: readonly Variable[];
  readonly settings: BalancedSettings;
  /** What the balancer asks for about gradients in this step. */
  readonly needs: ReadonlySet<Need>;
}

/** The numbers of a step, and for each variable the gradient of the weighted total, undefined where no loss reaches. */
export interface Differentiated {
  readonly numbers: BalancedStep;
  readonly gradients: readonly (Tensor | undefined)[];
}

/** The forward pass and what is measured; then the weighing and the rest of the backward pass. */
export type Way = InTwoParts<Differentiated>;

/** Weights of the losses, in their order. @throws CounterpoiseError if something is not finite, or the balancer refuses. */
export function weigh(
  { balancer, settings: { heads: _, ...remarks }, needs }: Step,
  named: NamedLosses,
  values: ArrayLike<number>,
  measures?: Measures,
): { readonly numbers: BalancedStep; readonly weights: readonly number[] } {
  const losses = finiteValues(named, values);
  const order = balancer.tasks ?? named.names;
  const shown = measures && shownOf(named.names, order, measures, needs);
  const weighing = balancer.weigh({ ...remarks, losses, ...shown } as Partial<Measurements> as Evidence<Need>);
  const weights = named.names.map((name) => float32(name, weighing.weights[name]!));
  const { gradientNorms, gramian } = shown ?? {};
  return {
    weights,
    numbers: { ...weighing, losses, ...(gradientNorms && { gradientNorms }), ...(gramian && { gramian }) },
  };
}

/** Measurements in the form of evidence: matrices in the order of all tasks, absent ones as zeros. */
function shownOf(names: readonly string[], order: readonly string[], measures: Measures, needs: ReadonlySet<Need>) {
  const { gramian, max, mean } = measures;
  const bad = names.filter((_, k) => !Number.isFinite(gramian[k]![k]));
  if (bad.length > 0) {
    const list = bad.map((name) => `the gradient of loss "${name}" is not finite`).join(', ');
    throw new CounterpoiseError('evidence', `${list}: the step was not taken; a lower learning rate may help`);
  }
  const byName = (values: readonly number[]) => Object.fromEntries(names.map((name, k) => [name, values[k]!]));
  const places = order.map((task) => names.indexOf(task));
  return {
    gradientNorms: byName(gramian.map((row, k) => Math.sqrt(row[k]!))),
    ...(needs.has('gramian') && { gramian: places.map((i) => places.map((j) => gramian[i]?.[j] ?? 0)) }),
    ...(max.length > 0 && { gradientMax: byName(max), gradientMean: byName(mean) }),
  };
}

/** The backend computes in float32: a weight beyond its range would silently become an infinity. */
function float32(name: string, weight: number): number {
  if (Number.isFinite(Math.fround(weight))) return weight;
  throw new CounterpoiseError(
    'evidence',
    `the weight of loss "${name}" is ${weight}: it does not fit float32, at most 3.4e38`,
  );
}

/** In the first step. @throws CounterpoiseError if a loss depends on nothing that is trained. */
export function checkReach(
  { balancer, variables, settings }: Step,
  named: NamedLosses,
  tensors: readonly Tensor[],
): void {
  if (balancer.steps > 0) return;
  for (const [k, name] of named.names.entries()) {
    if (settings.mask?.[name] === false || reachedBy(named.tensors[k]!, tensors).length > 0) continue;
    throw new CounterpoiseError(
      'evidence',
      `loss "${name}" reaches none of the ${variables.length} variables to train: add those of its head to "variables", and compute it inside the function`,
    );
  }
}
