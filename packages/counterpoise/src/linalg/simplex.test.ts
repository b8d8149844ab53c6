import fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectSimplex, shares, sharesOf, withShares } from './simplex.js';

const near = (actual: readonly number[], expected: readonly number[], digits = 14) =>
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });

test('by hand: a point inside stays, the excess is taken off evenly, the far ones go to 0', () => {
  near(projectSimplex([0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]);
  near(projectSimplex([1, 1]), [0.5, 0.5]);
  near(projectSimplex([0.9, 0.5]), [0.7, 0.3]);
  near(projectSimplex([0.9, 0.5, -3]), [0.7, 0.3, 0]);
  near(projectSimplex([-7]), [1]);
  expect(projectSimplex([])).toEqual([]);
});

test('any distance away, even where sums overflow', () => {
  near(projectSimplex([1e300, 1e300, -1e300]), [0.5, 0.5, 0]);
  near(projectSimplex([-1e300, -1e300]), [0.5, 0.5]);
  near(projectSimplex([Number.NEGATIVE_INFINITY, 3]), [0, 1]);
  near(projectSimplex([Number.POSITIVE_INFINITY, 3]), [1, 0]);
  near(projectSimplex([1e20 + 1e5, 1e20]), [1, 0]);
});

test('is the nearest point: on the simplex, and x - w is the same on the support and lower off it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 64 }), (x) => {
      const w = projectSimplex(x);
      expect(w.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      const excess = x.map((value, i) => value - w[i]!);
      const tau = Math.max(...excess);
      for (const [i, share] of w.entries()) {
        expect(share).toBeGreaterThanOrEqual(0);
        if (share > 0) expect(excess[i]).toBeCloseTo(tau, 12);
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('shares of a step: new tasks have 1 / K, the rest keep their proportions, absent ones are not touched', () => {
  const all = [0, 1, 2].map((index) => ({ index }));
  expect(sharesOf([null, null, null], all)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  near(sharesOf([0.6, 0.2, null], all), [0.5, 1 / 6, 1 / 3]);
  expect(sharesOf([0.6, 0.2, 0.2], [{ index: 1 }, { index: 2 }])).toEqual([0.5, 0.5]);
  expect(sharesOf([1, 0, 0], [{ index: 1 }, { index: 2 }])).toEqual([0.5, 0.5]);
  expect(withShares([0.6, 0.2, 0.2], [{ index: 1 }], [1])).toEqual([0.6, 1, 0.2]);
});

test('a state that is not one of shares is refused by name', () => {
  expect(shares.restore(['a', 'b'], [0.3, null])).toEqual([0.3, null]);
  expect(() => shares.restore(['a', 'b'], [0.3])).toThrow(
    '"state" must be a list with one entry per loss (2), got [0.3]',
  );
  expect(() => shares.restore(['a'], [-1])).toThrow(
    '"state" of loss "a" must be a finite number of at least 0, got -1',
  );
});
