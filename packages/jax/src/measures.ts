/** Sums about the gradients of K losses, made where the gradients are and read as a few numbers. */
import { type Array as JaxArray, numpy as np } from '@jax-js/jax';
import type { Need } from 'counterpoise';
import type { Tracer } from './jaxpr.js';

const GRADIENT_NEEDS: readonly Need[] = ['gradientNorms', 'gradientMax', 'gradientMean', 'gramian'];

export function measuresGradients(needs: readonly Need[]): boolean {
  return needs.some((need) => GRADIENT_NEEDS.includes(need));
}

/** The numbers to take: `products` of the gradients of losses i and j over the arrays `at`, and entries of those of loss k. */
export interface Plan {
  readonly products: readonly { readonly i: number; readonly j: number; readonly at: readonly number[] }[];
  readonly entries: readonly { readonly k: number; readonly at: readonly number[] }[];
}

/**
 * @param reaches [loss][array] of the shared arrays.
 * @param needs of the method; without a Gramian each loss has a product with itself alone.
 */
export function planMeasures(reaches: readonly (readonly boolean[])[], needs: readonly Need[]): Plan {
  const isWanted = (i: number, j: number) => i === j || (i < j && needs.includes('gramian'));
  const asksForEntries = needs.includes('gradientMax') || needs.includes('gradientMean');
  const placesOf = (...losses: number[]) =>
    reaches[0]!.flatMap((_, at) => (losses.every((k) => reaches[k]![at]) ? [at] : []));
  const found = <T extends { at: readonly number[] }>(all: readonly T[]) => all.filter(({ at }) => at.length > 0);
  return {
    products: found(
      reaches.flatMap((_, i) => reaches.flatMap((_, j) => (isWanted(i, j) ? [{ i, j, at: placesOf(i, j) }] : []))),
    ),
    entries: asksForEntries ? found(reaches.map((_, k) => ({ k, at: placesOf(k) }))) : [],
  };
}

/**
 * A scalar for each product, then the largest absolute entries, then the sums of the absolute entries; inside a trace.
 *
 * @param gradients [loss][array] of the shared arrays, not used up.
 */
export function measure(
  { products, entries }: Plan,
  gradients: readonly (readonly (Tracer | undefined)[])[],
): JaxArray[] {
  const take = (k: number, at: number) => {
    const gradient = gradients[k]![at]!.ref as JaxArray;
    // Squares in float16 overflow at 256.
    return gradient.dtype === 'float16' ? gradient.astype(np.float32) : gradient;
  };
  const sum = (terms: readonly JaxArray[]) => terms.reduce((a, b) => a.add(b));
  return [
    ...products.map(({ i, j, at }) => sum(at.map((place) => take(i, place).mul(take(j, place)).sum()))),
    ...entries.map(({ k, at }) => at.map((place) => np.abs(take(k, place)).max()).reduce((a, b) => np.maximum(a, b))),
    ...entries.map(({ k, at }) => sum(at.map((place) => np.abs(take(k, place)).sum()))),
  ];
}

export interface GradientMeasures {
  /** K x K; what was not asked for is 0. */
  readonly gramian: readonly (readonly number[])[];
  /** Of each loss, over all entries; 0 if not asked for. */
  readonly max: readonly number[];
  readonly mean: readonly number[];
}

/** @param size number of entries of all shared arrays together. */
export function readMeasures(
  { products, entries }: Plan,
  numbers: readonly number[],
  losses: number,
  size: number,
): GradientMeasures {
  const zeros = () => new Array<number>(losses).fill(0);
  const gramian = zeros().map(zeros);
  for (const [place, { i, j }] of products.entries()) gramian[i]![j] = gramian[j]![i] = numbers[place]!;
  const [max, mean] = [zeros(), zeros()];
  for (const [place, { k }] of entries.entries()) {
    max[k] = numbers[products.length + place]!;
    mean[k] = numbers[products.length + entries.length + place]! / size;
  }
  return { gramian, max, mean };
}
