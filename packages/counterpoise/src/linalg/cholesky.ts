import type { Matrix } from '../matrix.js';

/**
 * Lower triangular L with A = L L^T (row by row), or `null` where a pivot is not above `tolerance` times the diagonal
 * entry it started from: the matrix is then singular to working precision.
 */
export function cholesky(a: Matrix, tolerance = 0): number[][] | null {
  const l: number[][] = [];
  for (let i = 0; i < a.length; i++) {
    const row = a[i]!;
    const li: number[] = [];
    for (let j = 0; j < i; j++) {
      const lj = l[j]!;
      let value = row[j]!;
      for (let k = 0; k < j; k++) value -= li[k]! * lj[k]!;
      li.push(value / lj[j]!);
    }
    let pivot = row[i]!;
    for (let k = 0; k < i; k++) pivot -= li[k]! * li[k]!;
    if (!(pivot > tolerance * row[i]!)) return null;
    li.push(Math.sqrt(pivot));
    l.push(li);
  }
  return l;
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
