import type { Matrix } from '../matrix.js';
import { leastDistance } from './least-distance.js';
import { minNorm } from './min-norm.js';
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
export function conflictAverse(cosines: Matrix, d: readonly number[], h: readonly number[], radius: number): number[] {
  const at = (level: number) =>
    leastDistance(
      cosines,
      h.map((value, k) => (level * d[k]! - value) / radius),
    );
  let level = 0;
  let here = at(level);
  let [low, high] = [0, 0];
  if (here.square > 1) low = Math.min(...h.map((value, k) => value / d[k]!));
  else {
    const p = minNorm(cosines, d);
    const square = dot(p, multiply(cosines, p));
    if (square > CANCELLED * sumOfSizes(p) ** 2) {
      // No u of this length can do more for the combination p than to point along it.
      const reach = radius * Math.sqrt(square);
      const bound = dot(h, p) + reach;
      high = bound + 1e-9 * (Math.abs(bound) + reach);
    }
  }
  let below = here.square > 1 ? at(low) : here;
  for (let i = 0; i < 100; i++) {
    const gap = 1 - here.square;
    if (gap < 0) high = level;
    else {
      low = level;
      below = here;
    }
    const own = here.passive.map((k) => d[k]! / radius);
    const bend = solveDefinite(
      here.passive.map((k) => here.passive.map((l) => cosines[k]![l]!)),
      own,
    );
    const slope = here.passive.reduce((sum, k, j) => sum + own[j]! * here.parts[k]!, 0);
    const root = level + gap / (slope + Math.sqrt(Math.max(0, slope * slope + dot(own, bend ?? []) * gap)));
    const next = root > low && root < high ? root : (low + high) / 2;
    if (Math.abs(gap) < 1e-14 || Math.abs(next - level) <= 1e-15 * Math.abs(level)) break;
    level = next;
    here = at(level);
  }
  // Where rounding makes a level unreachable at once, the length jumps past the radius; the last one below counts then.
  const { q, b, factors } = here.square < 1 + 1e-6 ? here : below;
  return shortestNnls(q)(b).map((value, k) => value * factors[k]! * radius);
}
