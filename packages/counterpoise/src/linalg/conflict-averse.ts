import type { Matrix } from '../matrix.js';
import { minNorm } from './min-norm.js';
import { nnls } from './nnls.js';
import { shortestNnls } from './shortest-nnls.js';
import { solveDefinite } from './solve.js';
import { dot, multiply, sumOfSizes } from './vectors.js';

/** |sum_k p_k e_k|^2 below this part of (sum_k p_k)^2 is round-off of the cosines: the vectors then cancel. */
export const CANCELLED = 1e-14;

/**
 * The u with |u| <= radius that raises min_k (h_k + e_k . u) / d_k most, as u = sum_k y_k e_k with y >= 0, for unit
 * vectors e_k with cosines C and d > 0.
 *
 * The shortest u that reaches the level t, e_k . u >= t d_k - h_k for all k, grows with t: the answer is at the t where
 * its length is the radius. As long as the same y_k are free, |u|^2 is a quadratic in t, whose root is exact once these
 * are found; bisection guards the way there. Where the e_k cancel, no level above 0 can be reached, and the answer is
 * the shortest u that reaches 0.
 */
export function conflictAverse(cosines: Matrix, d: readonly number[], h: readonly number[], radius: number) {
  let level = 0;
  let low = 0;
  let high = 0;
  for (let i = 0; ; i++) {
    const { q, b, lengths } = leastDistance(
      cosines,
      h.map((value, k) => (level * d[k]! - value) / radius),
    );
    const { y, passive } = nnls(q, b);
    const share = dot(b, y);
    // (|u| / radius)^2 = share / (1 - share).
    const gap = (1 - 2 * share) / (1 - share);
    if (i === 0 && gap < 0) low = Math.min(...h.map((value, k) => value / d[k]!));
    if (i === 0 && gap >= 0) {
      const p = minNorm(cosines, d);
      const square = dot(p, multiply(cosines, p));
      if (square <= CANCELLED * sumOfSizes(p) ** 2) return shortestNnls(cosines)(h.map((value) => -value));
      // No u of this length can do more for the combination p than to point along it.
      const reach = radius * Math.sqrt(square);
      const bound = dot(h, p) + reach;
      high = bound + 1e-9 * (Math.abs(bound) + reach);
    }
    if (gap > 0) low = level;
    else high = level;
    const own = passive.map((k) => d[k]!);
    const bend = solveDefinite(
      passive.map((k) => passive.map((l) => cosines[k]![l]!)),
      own,
    );
    const slope = (passive.reduce((sum, k) => sum + (d[k]! * y[k]!) / lengths[k]!, 0) / (1 - share)) * radius;
    const square = slope * slope + dot(own, bend ?? []) * gap;
    const root = level + (radius * radius * gap) / (slope + Math.sqrt(Math.max(0, square)));
    const next = root > low && root < high ? root : (low + high) / 2;
    if (i > 100 || Math.abs(gap) <= 1e-14 || Math.abs(next - level) <= 1e-15 * Math.abs(level)) {
      const shortest = shortestNnls(q)(b).map((value, k) => value / lengths[k]!);
      const length = Math.sqrt(dot(shortest, multiply(cosines, shortest)));
      return shortest.map((value) => (value / length) * radius);
    }
    level = next;
  }
}

/**
 * Least distance programming (Lawson & Hanson 1974, chapter 23): the shortest u with e_k . u >= f_k is a multiple of
 * sum_k y_k / lengths_k e_k for the y >= 0 that minimises y^T Q y / 2 - b^T y, Q and b from the vectors (e_k, f_k) made
 * units; |u|^2 = s / (1 - s), s = b . y, which is 1 where there is none.
 */
function leastDistance(cosines: Matrix, f: readonly number[]) {
  const lengths = f.map((value) => Math.hypot(1, value));
  const b = f.map((value, k) => value / lengths[k]!);
  const q = cosines.map((row, i) => row.map((value, j) => value / lengths[i]! / lengths[j]! + b[i]! * b[j]!));
  return { q, b, lengths };
}
