import { dot } from './vectors.js';

/** v as length and unit vector, where the squares may overflow or vanish; the zero vector has no direction: zeros. */
export function direction(v: readonly number[]): { readonly norm: number; readonly unit: readonly number[] } {
  const largest = Math.max(...v.map(Math.abs));
  if (largest === 0) return { norm: 0, unit: v };
  const scaled = v.map((x) => x / largest);
  const norm = Math.sqrt(dot(scaled, scaled));
  return { norm: norm * largest, unit: scaled.map((x) => x / norm) };
}

/** The part of v that is orthogonal to the unit vector u. */
export function reject(v: readonly number[], u: readonly number[]): number[] {
  const along = dot(v, u);
  return v.map((x, i) => x - along * u[i]!);
}
