import type { Matrix } from '../matrix.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { ROUND_OFF } from './eigen.js';
import { multiply } from './vectors.js';

/** A^-1 b of a positive definite A, refined once; `null` where A is singular to working precision. */
export function solveDefinite(a: Matrix, b: readonly number[]): number[] | null {
  const l = cholesky(a, ROUND_OFF * a.length);
  if (!l) return null;
  const x = choleskySolve(l, b);
  const image = multiply(a, x);
  const rest = choleskySolve(
    l,
    b.map((value, k) => value - image[k]!),
  );
  return x.map((value, k) => value + rest[k]!);
}
