import type { Matrix } from '../matrix.js';
import { dot } from './vectors.js';

/** A = sum_i values_i vectors_i vectors_i^T, values falling, vectors orthonormal. */
export interface Eigen {
  readonly values: readonly number[];
  /** Row i belongs to value i. */
  readonly vectors: Matrix;
}

/**
 * Cyclic Jacobi for a symmetric positive semidefinite matrix. An entry counts as zero relative to ITS diagonal entries
 * (Demmel & Veselic, Jacobi's method is more accurate than QR, 1992), so that the small eigenvalues of a graded matrix, of
 * gradients of unlike length, keep their digits.
 */
export function eigen(a: Matrix): Eigen {
  const n = a.length;
  const m = a.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const turn = (x: number[], y: number[], c: number, s: number) => {
    for (let k = 0; k < n; k++) {
      const [p, q] = [x[k]!, y[k]!];
      x[k] = c * p - s * q;
      y[k] = s * p + c * q;
    }
  };
  // Quadratic convergence: 5 to 10 sweeps; the limit is for noise that never settles.
  for (let sweep = 0, moved = true; moved && sweep < 40; sweep++) {
    moved = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const mp = m[p]!;
        const mq = m[q]!;
        const apq = mp[q]!;
        const [app, aqq] = [mp[p]!, mq[q]!];
        if (Math.abs(apq) <= 2 ** -53 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) continue;
        moved = true;
        const theta = aqq / apq / 2 - app / apq / 2;
        // The smaller root of t^2 + 2 theta t - 1; theta^2 may overflow, and t is then 0.
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(1 + theta * theta));
        const c = 1 / Math.sqrt(1 + t * t);
        turn(mp, mq, c, t * c);
        for (const row of m) {
          const [x, y] = [row[p]!, row[q]!];
          row[p] = c * x - t * c * y;
          row[q] = t * c * x + c * y;
        }
        mp[p] = app - t * apq;
        mq[q] = aqq + t * apq;
        mp[q] = 0;
        mq[p] = 0;
        turn(v[p]!, v[q]!, c, t * c);
      }
    }
  }
  const order = m.map((_, i) => i).sort((i, j) => m[j]![j]! - m[i]![i]!);
  return { values: order.map((i) => m[i]![i]!), vectors: order.map((i) => v[i]!) };
}

/** Relative round-off of a Gramian and of its eigenvalues, per row: smaller eigenvalues than `ROUND_OFF` K largest are noise. */
export const ROUND_OFF = 2 ** -49;

/** Number of eigenvalues above the noise. */
export function rankOf({ values }: Eigen, roundOff = ROUND_OFF): number {
  const floor = (values[0] ?? 0) * values.length * roundOff;
  return values.filter((value) => value > floor).length;
}

/** A^+ b from the first `rank` eigenvalues: of all x with the least |A x - b|, the shortest. */
export function pseudoSolve({ values, vectors }: Eigen, b: readonly number[], rank: number): number[] {
  const x = b.map(() => 0);
  for (let i = 0; i < rank; i++) {
    const along = dot(vectors[i]!, b) / values[i]!;
    vectors[i]!.forEach((entry, k) => {
      x[k]! += along * entry;
    });
  }
  return x;
}
