import type { Matrix } from '../matrix.js';
import { leastDistance } from './least-distance.js';
import { nnls } from './nnls.js';
import { dot, multiply, sumOfSizes } from './vectors.js';

/** Slack, relative to its terms, below which a variable counts as free. */
const SLACK = 1e-14;

/** What is left of a column beside the others, squared and for columns of order 1, below which it counts as dependent. */
const PIVOT = 1e-13;

/**
 * The shortest minimiser of y^T Q y / 2 - b^T y over y >= 0, for one Q and many b. Where columns of Q depend on each other
 * (equal or opposed gradients, more tasks than directions) there are many minimisers, and which of them `nnls` meets hangs
 * on the order of the tasks; the shortest is one alone, and shares equally between equals.
 */
export function shortestNnls(q: Matrix): (b: readonly number[]) => readonly number[] {
  // Many b leave the same variables free.
  const known = new Map<string, Matrix | null>();
  const projectorOf = (free: readonly number[]) => {
    const key = free.join();
    let projector = known.get(key);
    if (projector === undefined) {
      projector = nullProjector(free.map((i) => free.map((j) => q[i]![j]!)));
      known.set(key, projector);
    }
    return projector;
  };

  return (b) => {
    const { y, passive } = nnls(q, b);
    const slopes = multiply(q, y);
    const tolerance = SLACK * (Math.max(...b.map(Math.abs)) + sumOfSizes(y));
    const free = y.map((_, i) => i).filter((i) => y[i]! > 0 || slopes[i]! - b[i]! <= tolerance);
    if (passive.length === 0 || free.length <= passive.length) return y;
    const projector = projectorOf(free);
    if (!projector) return y;

    // base + v >= 0 for the shortest null vector v, where base is the shortest point of {y + null vector}.
    const from = free.map((i) => y[i]!);
    const size = Math.sqrt(dot(from, from));
    const base = multiply(projector, from).map((along, i) => (from[i]! - along) / size);
    const { parts } = leastDistance(
      projector,
      base.map((value) => -value),
    );
    const shortest = [...y];
    multiply(projector, parts).forEach((value, i) => {
      shortest[free[i]!] = size * Math.max(0, base[i]! + value);
    });
    // Columns that were not quite dependent do not count: exactness goes first.
    const same = multiply(q, shortest).every((value, i) => Math.abs(value - slopes[i]!) <= tolerance);
    return same ? shortest : y;
  };
}

/** The projector on {x: A x = 0}, or `null` where that is 0 alone: A = L L^T by pivoted Cholesky, then I - U U^T, U = orth(L). */
function nullProjector(a: Matrix): Matrix | null {
  const rest = a.map((row, i) => row[i]!);
  const columns: number[][] = [];
  for (;;) {
    const p = rest.indexOf(Math.max(...rest));
    if (!(rest[p]! > PIVOT)) break;
    const root = Math.sqrt(rest[p]!);
    const column = a.map((row, j) => columns.reduce((value, other) => value - other[j]! * other[p]!, row[p]!) / root);
    column.forEach((value, j) => {
      rest[j]! -= value * value;
    });
    rest[p] = 0;
    columns.push(column);
  }
  if (columns.length === a.length) return null;
  const units: number[][] = [];
  for (const column of columns) {
    // Gram & Schmidt, twice for full precision.
    for (const unit of [...units, ...units]) {
      const part = dot(unit, column);
      for (const [i, value] of unit.entries()) column[i]! -= part * value;
    }
    const length = Math.sqrt(dot(column, column));
    units.push(column.map((value) => value / length));
  }
  return a.map((_, i) => a.map((_, j) => units.reduce((rest, unit) => rest - unit[i]! * unit[j]!, i === j ? 1 : 0)));
}
