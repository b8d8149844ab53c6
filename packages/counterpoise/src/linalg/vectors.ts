import type { Matrix } from '../matrix.js';

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** A x. */
export function multiply(a: Matrix, x: readonly number[]): number[] {
  return a.map((row) => dot(row, x));
}

/** sum |x_i|. */
export function sumOfSizes(x: readonly number[]): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}
