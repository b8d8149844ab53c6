import { CounterpoiseError } from './errors.js';
import { show } from './json.js';

/** Rows of numbers, all of one length. */
export type Matrix = readonly (readonly number[])[];

/** A K x K measurement, its shape checked; the numbers are checked by `submatrix`, for the tasks that take part. */
export function matrixOf(name: string, value: unknown, size: number): Matrix {
  if (
    !Array.isArray(value) ||
    value.length !== size ||
    !value.every((row) => Array.isArray(row) && row.length === size)
  ) {
    const got = Array.isArray(value)
      ? `${value.length} rows of ${value.map((row) => row?.length).join(', ')}`
      : show(value);
    throw new CounterpoiseError(
      'evidence',
      `"${name}" must be ${size} x ${size}, one row and column per loss, got ${got}`,
    );
  }
  return value;
}

/** The rows and columns of the tasks that take part. */
export function submatrix(name: string, matrix: Matrix, indices: readonly number[]): Matrix {
  if (matrix.length === 0) return [];
  return indices.map((i) =>
    indices.map((j) => {
      const value: unknown = matrix[i]![j];
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        throw new CounterpoiseError('evidence', `"${name}"[${i}][${j}] must be a finite number, got ${show(value)}`);
      }
      return value;
    }),
  );
}

/** Relative asymmetry, and excess over |g_i| |g_j|, that the float32 dot products of long gradients can have. */
const TOLERANCE = 1e-3;

/** The matrix made exactly symmetric; throws when it is not one of dot products. */
export function gramianOf(matrix: Matrix): Matrix {
  const norms = matrix.map((row, i) => {
    if (row[i]! < 0) throw new CounterpoiseError('evidence', `"gramian"[${i}][${i}] must be at least 0, got ${row[i]}`);
    return Math.sqrt(row[i]!);
  });
  return matrix.map((row, i) =>
    row.map((value, j) => {
      const mirrored = matrix[j]![i]!;
      const largest = norms[i]! * norms[j]!;
      // The square of a gradient can underflow where its product with another does not: such a gradient counts as zero.
      if (largest === 0) return 0;
      if (Math.abs(value - mirrored) > TOLERANCE * largest) {
        throw new CounterpoiseError(
          'evidence',
          `"gramian" must be symmetric: [${i}][${j}] is ${value}, [${j}][${i}] is ${mirrored}`,
        );
      }
      if (Math.abs(value) > (1 + TOLERANCE) * largest) {
        throw new CounterpoiseError(
          'evidence',
          `"gramian"[${i}][${j}] is ${value}, more than the product of the two norms ${largest}: it is not a matrix of dot products`,
        );
      }
      return value / 2 + mirrored / 2;
    }),
  );
}
