import type { Matrix } from '../matrix.js';
import { choleskySolve, extendCholesky } from './cholesky.js';

/** A few units of round-off: below this, relative to the terms it is the difference of, a number counts as 0. */
const ROUND_OFF = 2e-15;

/** A minimiser with the variables that are free at it and L L^T = Q for these, in their order. */
export interface Nnls {
  readonly y: readonly number[];
  readonly passive: readonly number[];
  readonly factor: Matrix;
}

/**
 * Minimises y^T Q y / 2 - b^T y over y >= 0: the active-set method of Lawson & Hanson (Solving Least Squares Problems,
 * 1974, chapter 23) on the matrix of dot products. Q is positive semidefinite with a diagonal of order 1, b lies in its
 * range. A column that depends on the free ones is left out, which changes nothing but round-off.
 */
export function nnls(q: Matrix, b: readonly number[]): Nnls {
  const y = b.map(() => 0);
  const passive: number[] = [];
  const factor: number[][] = [];
  // Free, or left out for the time being.
  const closed = b.map(() => false);
  const size = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const add = (j: number) => {
    const row = q[j]!;
    const entries = passive.map((k) => row[k]!);
    entries.push(row[j]!);
    if (!extendCholesky(factor, entries, ROUND_OFF)) return false;
    passive.push(j);
    return true;
  };
  const slope = (j: number) => {
    const row = q[j]!;
    let rest = b[j]!;
    for (const k of passive) rest -= row[k]! * y[k]!;
    return rest;
  };

  let polished = false;
  // In exact numbers no set of free variables comes twice; the bound is for those that differ by round-off alone.
  for (let left = 8 * b.length; left > 0; left--) {
    let steepest = size;
    for (const k of passive) steepest += y[k]!;
    steepest *= ROUND_OFF;
    let next = -1;
    for (let j = 0; j < b.length; j++) {
      if (closed[j]) continue;
      const value = slope(j);
      if (value > steepest) {
        steepest = value;
        next = j;
      }
    }
    if (next < 0) {
      if (polished) break;
      polished = true;
      const correction = choleskySolve(factor, passive.map(slope));
      if (passive.some((j, i) => y[j]! + correction[i]! < 0)) break;
      for (const [i, j] of passive.entries()) y[j]! += correction[i]!;
      continue;
    }
    closed[next] = true;
    if (!add(next)) continue;
    polished = false;
    for (;;) {
      const goal = choleskySolve(
        factor,
        passive.map((j) => b[j]!),
      );
      // The share of the way to the goal at which the first variable reaches 0.
      let step = 1;
      let stop = -1;
      for (const [i, j] of passive.entries()) {
        if (goal[i]! >= 0) continue;
        const share = y[j]! / (y[j]! - goal[i]!);
        if (share < step) {
          step = share;
          stop = j;
        }
      }
      for (const [i, j] of passive.entries()) y[j] = Math.max(0, y[j]! + step * (goal[i]! - y[j]!));
      if (stop < 0) break;
      y[stop] = 0;
      const keep = passive.filter((j) => y[j]! > 0);
      passive.length = factor.length = 0;
      for (const j of keep) if (!add(j)) y[j] = 0;
    }
    // A variable that fell back to 0 at once had round-off for a slope; any true step opens all of them again.
    if (y[next]! > 0) {
      closed.fill(false);
      for (const k of passive) closed[k] = true;
    }
  }
  return { y, passive, factor };
}
