import type { Matrix } from '../matrix.js';

/**
 * A Gramian taken apart into lengths and angles: G_ij = norms_i cosines_ij norms_j. Solvers work on the cosines, so that
 * one gradient a million times longer than another costs no precision.
 */
export interface UnitRows {
  /** Positions of the gradients that are not zero, be it beside the longest one; `norms` and `cosines` are of these. */
  readonly live: readonly number[];
  readonly norms: readonly number[];
  /** Ones on the diagonal, entries in [-1, 1]. */
  readonly cosines: Matrix;
}

export function unitRows(gramian: Matrix): UnitRows {
  // Ratios of norms stay below 1e150, so that no weight made of one can overflow.
  const least = 1e-300 * Math.max(...gramian.map((row, k) => row[k]!));
  const live = gramian.map((_, k) => k).filter((k) => gramian[k]![k]! > least);
  const norms = live.map((k) => Math.sqrt(gramian[k]![k]!));
  const cosines = live.map((k, i) =>
    live.map((l, j) => (i === j ? 1 : Math.max(-1, Math.min(1, gramian[k]![l]! / norms[i]! / norms[j]!)))),
  );
  return { live, norms, cosines };
}

/** The Gramian of the live gradients, put together again. */
export function gramianOfRows({ norms, cosines }: UnitRows): Matrix {
  return cosines.map((row, i) => row.map((cosine, j) => norms[i]! * cosine * norms[j]!));
}

/** Values of the live gradients put back in their places; `rest` for the zero ones. */
export function spread(values: readonly number[], live: readonly number[], size: number, rest: number): number[] {
  const all = new Array<number>(size).fill(rest);
  live.forEach((k, i) => {
    all[k] = values[i]!;
  });
  return all;
}
