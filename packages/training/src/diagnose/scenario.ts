/** Who moves the shared parameters, if the losses had these weights. */
import { gapOf } from './gap.js';
import type { Measured, Step } from './measurement.js';
import { largestOf, mean, median } from './statistics.js';

export type PerLoss = Readonly<Record<string, number | null>>;

export interface Scenario {
  readonly title: string;
  /** Median over the steps. */
  readonly weights: PerLoss;
  /** |w_k L_k| / sum_j |w_j L_j|, mean over the steps. */
  readonly ofTotal: PerLoss;
  /** |w_k g_k|^2 / sum_j |w_j g_j|^2, mean over the steps; null without gradients. */
  readonly ofSquares: PerLoss;
  /**
   * w_k g_k . d / d . d with the update direction d = sum_j w_j g_j, both summed over the steps: the share of loss k in the
   * decrease of the total that a small step along -d gives. The shares add up to 1; one below 0 means that the step
   * raises that loss. Null without cosines.
   */
  readonly ofDecrease: PerLoss;
  /** Longest over shortest weighted gradient, median over the steps; null without gradients. */
  readonly ratio: number | null;
}

/** @param weightsOf the weights in each step, in the order of the losses. */
export function scenarioOf(title: string, measured: Measured, weightsOf: readonly (readonly number[])[]): Scenario {
  const { names, steps } = measured;
  const perLoss = (value: (k: number) => number): PerLoss =>
    Object.fromEntries(names.map((name, k) => [name, numberOrNull(value(k))]));
  const column = (rows: readonly (readonly number[])[], k: number) => rows.map((row) => row[k]!);
  const terms = steps.map(({ losses }, at) => losses.map((loss, k) => Math.abs(loss * weightsOf[at]![k]!)));
  const lengths = steps.map(({ norms }, at) => norms.map((norm, k) => norm * Math.abs(weightsOf[at]![k]!)));
  const ofTotal = terms.map(sharesOf);
  const ofSquares = lengths.map((row) => {
    const longest = largestOf(row);
    return sharesOf(row.map((length) => (length / longest) ** 2));
  });
  const ofDecrease = decreaseShares(names.length, steps, weightsOf);
  const gap = gapOf(
    names,
    names.map((_, k) => column(lengths, k)),
  );
  return {
    title,
    weights: perLoss((k) => median(column(weightsOf, k))),
    ofTotal: perLoss((k) => mean(column(ofTotal, k))),
    ofSquares: perLoss((k) => mean(column(ofSquares, k))),
    ofDecrease: perLoss((k) => ofDecrease[k]!),
    ratio: gap?.ratio ?? null,
  };
}

/** The same weights in every step. */
export function constantScenario(title: string, measured: Measured, weights: readonly number[]): Scenario {
  return scenarioOf(
    title,
    measured,
    measured.steps.map(() => weights),
  );
}

/** NaN for what is not known; the others share 1. Divided by the largest first: a sum of terms near 1e308 would overflow. */
function sharesOf(terms: readonly number[]): number[] {
  const largest = largestOf(terms);
  const total = terms.reduce((sum, term) => sum + (term / largest || 0), 0);
  return terms.map((term) => term / largest / total);
}

/** An absent loss takes no part in its step. All NaN unless some step has every cosine of the losses that are present. */
function decreaseShares(size: number, steps: readonly Step[], weightsOf: readonly (readonly number[])[]): number[] {
  const parts = Array.from({ length: size }, () => 0);
  let whole = 0;
  const all = steps.map(({ norms }, at) => norms.map((norm, k) => norm * weightsOf[at]![k]!));
  // Shares have no unit, and products of lengths near 1e300 would overflow.
  const longest = largestOf(all.flat());
  for (const [at, { cosines }] of steps.entries()) {
    const lengths = all[at]!.map((length) => length / longest);
    const present = lengths.flatMap((length, k) => (Math.abs(length) > 0 ? [k] : []));
    const products = present.map((i) => {
      return present.reduce((sum, j) => sum + lengths[i]! * lengths[j]! * (i === j ? 1 : cosines[i]![j]!), 0);
    });
    const decrease = products.reduce((sum, product) => sum + product, 0);
    if (!Number.isFinite(decrease)) continue;
    for (const [index, k] of present.entries()) parts[k]! += products[index]!;
    whole += decrease;
  }
  return parts.map((part) => part / whole);
}

export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
