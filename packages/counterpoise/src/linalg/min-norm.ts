import type { Matrix } from '../matrix.js';
import { shortestNnls } from './shortest-nnls.js';
import { dot } from './vectors.js';

/**
 * p >= 0 with d . p = 1 and least p^T C p, for d > 0: p_k d_k are the shares of the point nearest to 0 in the convex hull
 * of vectors of length 1 / d_k with cosines C. With d scaled to a largest entry of 1, the free minimiser of
 * p^T C p + (d . p - 1)^2 is a multiple of it (least distance programming, Lawson & Hanson 1974, chapter 23), also where
 * the hull holds 0.
 */
export function minNorm(cosines: Matrix, d: readonly number[]): number[] {
  const largest = Math.max(...d);
  const scaled = d.map((value) => value / largest);
  const q = cosines.map((row, i) => row.map((value, j) => value + scaled[i]! * scaled[j]!));
  const p = shortestNnls(q)(scaled);
  const sum = dot(d, p);
  return p.map((value) => value / sum);
}
