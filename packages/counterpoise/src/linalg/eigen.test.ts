import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gramianFrom, someGradients } from '../testing/gramians.js';
import { eigen, pseudoSolve, rankOf } from './eigen.js';
import { solveDefinite } from './solve.js';
import { dot, multiply } from './vectors.js';

test('[[2, 1], [1, 2]]: 3 and 1, along the diagonals', () => {
  const { values, vectors } = eigen([
    [2, 1],
    [1, 2],
  ]);
  expect(values[0]).toBeCloseTo(3, 15);
  expect(values[1]).toBeCloseTo(1, 15);
  expect(vectors[0]![0]! / vectors[0]![1]!).toBeCloseTo(1, 15);
  expect(vectors[1]![0]! / vectors[1]![1]!).toBeCloseTo(-1, 15);
});

test('a graded matrix keeps the digits of its small eigenvalues', () => {
  // D [[1, .5], [.5, 1]] D with D = diag(1e8, 1e-8): the determinant is 0.75, the larger value 1e16 to double precision.
  const { values } = eigen([
    [1e16, 0.5],
    [0.5, 1e-16],
  ]);
  expect(values[0]! / 1e16).toBeCloseTo(1, 15);
  expect(values[1]! / 0.75e-16).toBeCloseTo(1, 14);
});

test('A v = lambda v and orthonormal vectors, up to 64 rows, all kinds of Gramians', () => {
  const kinds = ['independent', 'dependent', 'duplicated', 'opposed', 'zero-row'] as const;
  fc.assert(
    fc.property(someGradients(kinds, [0, 6], [1, 2, 3, 8, 64]), ({ kind, size, rows }) => {
      const gramian = gramianFrom(rows);
      const { values, vectors } = eigen(gramian);
      vectors.forEach((vector, i) => {
        if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
        multiply(gramian, vector).forEach((value, k) => {
          expect(Math.abs(value - values[i]! * vector[k]!)).toBeLessThanOrEqual(1e-13 * values[0]!);
        });
        vectors.forEach((other, j) => {
          expect(Math.abs(dot(vector, other) - (i === j ? 1 : 0))).toBeLessThan(1e-13);
        });
      });
      if (kind === 'dependent' && size > 1) expect(rankOf({ values, vectors })).toBeLessThanOrEqual(size / 2);
    }),
    { seed: 2, numRuns: 40 },
  );
});

test('pseudoSolve: the shortest of the least-squares solutions', () => {
  const parts = eigen([
    [1, 1, 0],
    [1, 1, 0],
    [0, 0, 4],
  ]);
  expect(rankOf(parts)).toBe(2);
  const expected = [0.5, 0.5, 0.75].map((value) => expect.closeTo(value, 14));
  expect(pseudoSolve(parts, [1.5, 0.5, 3], rankOf(parts))).toEqual(expected);
});

test('solveDefinite: an inverse, or null for a singular matrix', () => {
  const solution = solveDefinite(
    [
      [4, 1],
      [1, 3],
    ],
    [1, 2],
  );
  expect(solution).toEqual([1 / 11, 7 / 11].map((value) => expect.closeTo(value, 15)));
  const singular = [
    [1, 1],
    [1, 1],
  ];
  expect(solveDefinite(singular, [1, 2])).toBeNull();
});
