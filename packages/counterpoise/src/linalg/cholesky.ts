import type { Matrix } from '../matrix.js';

/**
 * Adds a row to the lower triangular factor of A = L L^T, given the row of A up to its diagonal entry. Answers `false`,
 * and adds nothing, where the pivot is not above `tolerance` times that entry: the row then depends on the ones before
 * to working precision.
 */
export function extendCholesky(l: number[][], row: readonly number[], tolerance: number): boolean {
  const i = l.length;
  const diagonal = row[i]!;
  const li: number[] = [];
  let pivot = diagonal;
  for (let j = 0; j < i; j++) {
    const lj = l[j]!;
    let value = row[j]!;
    for (let k = 0; k < j; k++) value -= li[k]! * lj[k]!;
    value /= lj[j]!;
    li.push(value);
    pivot -= value * value;
  }
  if (!(pivot > tolerance * diagonal)) return false;
  li.push(Math.sqrt(pivot));
  l.push(li);
  return true;
}

/**
 * Lower triangular L with A = L L^T (row by row), or `null` where a pivot is not above `tolerance` times the diagonal
 * entry it started from: the matrix is then singular to working precision.
 */
export function cholesky(a: Matrix, tolerance = 0): number[][] | null {
  const l: number[][] = [];
  return a.every((row) => extendCholesky(l, row, tolerance)) ? l : null;
}

/** x with L L^T x = b. */
export function choleskySolve(l: Matrix, b: readonly number[]): number[] {
  const x = [...b];
  const n = l.length;
  for (let i = 0; i < n; i++) {
    const li = l[i]!;
    for (let k = 0; k < i; k++) x[i]! -= li[k]! * x[k]!;
    x[i]! /= li[i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k]![i]! * x[k]!;
    x[i]! /= l[i]![i]!;
  }
  return x;
}
