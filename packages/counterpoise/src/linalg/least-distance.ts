import type { Matrix } from '../matrix.js';
import { nnls } from './nnls.js';
import { dot } from './vectors.js';

/**
 * Least distance programming (Lawson & Hanson 1974, chapter 23): the shortest u with e_k . u >= f_k for all k is
 * u = sum_k parts_k e_k with parts >= 0, for vectors e_k with dot products A. It is a multiple of the y that minimises
 * y^T Q y / 2 - b^T y over y >= 0, Q and b from the vectors (e_k, f_k) made units; |u|^2 = s / (1 - s), s = b . y, which
 * is 1 where there is no such u. Precise for |u| up to a few thousand: scale f so that it is about 1.
 */
export function leastDistance(a: Matrix, f: readonly number[]) {
  // A zero row asks for nothing of u.
  const lengths = f.map((value, k) => Math.hypot(Math.sqrt(a[k]![k]!), value) || 1);
  const b = f.map((value, k) => value / lengths[k]!);
  const q = a.map((row, i) => row.map((value, j) => value / lengths[i]! / lengths[j]! + b[i]! * b[j]!));
  const { y, passive } = nnls(q, b);
  const share = dot(b, y);
  const factors = lengths.map((length) => 1 / length / (1 - share));
  return {
    q,
    b,
    passive,
    /** Of y, to get parts. */
    factors,
    parts: y.map((value, k) => value * factors[k]!),
    square: share < 1 ? share / (1 - share) : Number.POSITIVE_INFINITY,
  };
}
