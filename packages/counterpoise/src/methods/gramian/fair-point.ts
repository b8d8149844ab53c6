import { cholesky, choleskySolve } from '../../linalg/cholesky.js';
import { ROUND_OFF } from '../../linalg/eigen.js';
import type { UnitRows } from '../../linalg/unit-rows.js';
import { multiply, sumOfSizes } from '../../linalg/vectors.js';

/**
 * alpha > 0 with G alpha = alpha^-p, p = 1 / a: the minimum of alpha' G alpha / 2 - sum_k h(alpha_k), h' = alpha^-p.
 * With beta_k = |g_k| alpha_k it reads C beta = f, f_k = d_k (beta_k / d_k)^-p, where d_k = |g_k|^((p - 1) / (p + 1)) is the
 * answer of a gradient at right angles to all others, and the start. Newton's method on this strictly convex function
 * (Navon et al. 2022 and Ban & Ji 2024 use general solvers); where p = 1 it is self-concordant, and lengths play no part.
 *
 * `null`: 0 is in the convex hull of the gradients to working precision. The point then lies at infinity, and on the way
 * the curvature along it sinks below round-off.
 */
export function fairPoint({ norms, cosines }: UnitRows, a: number): number[] | null {
  const p = 1 / a;
  if (p === 1 && norms.length === 2) return nashPair(norms, 1 + cosines[0]![1]!);
  const own = norms.map((norm) => norm ** ((p - 1) / (p + 1)));
  const push = (value: number, k: number) => own[k]! * (value / own[k]!) ** -p;
  let beta = own;
  // Fewer than 20 steps where a <= 2 and the lengths span six decades; the limit is for a = 10.
  for (let step = 0; step < 300; step++) {
    const pull = multiply(cosines, beta);
    const pushes = beta.map(push);
    const curvature = cosines.map((row, i) =>
      row.map((cosine, j) => (i === j ? cosine + (p * pushes[i]!) / beta[i]! : cosine)),
    );
    const l = cholesky(curvature, ROUND_OFF * norms.length * Math.max(1, p));
    if (!l) return null;
    const move = choleskySolve(
      l,
      pushes.map((value, k) => value - pull[k]!),
    );
    const relative = move.map((value, k) => value / beta[k]!);
    const largest = Math.max(...relative.map(Math.abs));
    // Near the answer full steps double the digits; further off they may leave the domain.
    let t = 1;
    if (largest > 0.5) {
      const from = beta;
      const moved = multiply(cosines, move);
      // Round-off in the entries that have settled must not stop the ones that still move by powers of ten.
      const noise = ROUND_OFF * sumOfSizes(from) * sumOfSizes(move);
      const slope = (at: number) =>
        move.reduce(
          (sum, value, k) => sum + value * (pull[k]! + at * moved[k]! - push(from[k]! + at * value, k)),
          -noise,
        );
      t = lineMinimum(slope, 1 / Math.max(0, ...relative.map((value) => -value)));
    }
    beta = beta.map((value, k) => value + t * move[k]!);
    if (largest < 1e-9) return beta.map((value, k) => value / norms[k]!);
  }
  return null;
}

/** alpha_k = 1 / (|g_k| sqrt(1 + cos)): the closed form for two gradients. */
function nashPair(norms: readonly number[], room: number): number[] | null {
  return room > 4 * ROUND_OFF ? norms.map((norm) => 1 / (norm * Math.sqrt(room))) : null;
}

/** A step t in (0, room) at or shortly before the zero of a rising slope: enough for Newton's method to be sure of progress. */
function lineMinimum(slope: (t: number) => number, room: number): number {
  let low = 0;
  let high = Math.min(1, 0.99 * room);
  for (let i = 0; i < 20 && slope(high) < 0; i++) {
    low = high;
    high = Math.min(2 * high, high + 0.99 * (room - high));
  }
  for (let i = 0; i < 30 && high - low > 0.05 * high; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return low > 0 ? low : high;
}
