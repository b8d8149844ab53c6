import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Matrix } from '../matrix.js';
import { Random, seeded } from '../random.js';
import { gradients, gramianFrom, type Kind } from '../testing/gramians.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { nnls } from './nnls.js';
import { shortestNnls } from './shortest-nnls.js';
import { unitRows } from './unit-rows.js';
import { dot, multiply, sumOfSizes } from './vectors.js';

const kinds: readonly Kind[] = ['independent', 'acute', 'conflicting', 'dependent', 'duplicated', 'opposed'];

/** Cosines of gradients of a kind, and b = -C f for an f >= 0: what the methods ask for. */
function problem(rows: Matrix, seed: number): { q: Matrix; b: number[] } {
  const q = unitRows(gramianFrom(rows)).cosines;
  const random = new Random(seeded(seed));
  return {
    q,
    b: multiply(
      q,
      q.map(() => -(random.uniform() ** 3)),
    ),
  };
}

function someProblems(sizes: readonly number[], of = kinds) {
  return fc
    .record({ kind: fc.constantFrom(...of), size: fc.constantFrom(...sizes), seed: fc.nat(1e9) })
    .map((about) => ({ ...about, ...problem(gradients(about.kind, about.size, 0, about.seed), about.seed) }));
}

/** The conditions of Karush, Kuhn and Tucker: y >= 0, slack = Q y - b >= 0, y slack = 0; the largest violation. */
function violation(q: Matrix, b: readonly number[], y: readonly number[]): number {
  const slack = multiply(q, y).map((value, i) => value - b[i]!);
  return Math.max(...slack.map((value, i) => Math.max(-y[i]!, -value, Math.abs(value) * Math.min(1, y[i]!))));
}

test('optimal to 1e-11, from 2 to 64 variables', () => {
  fc.assert(
    fc.property(someProblems([2, 3, 5, 8, 16, 32, 64]), ({ q, b }) => {
      expect(violation(q, b, nnls(q, b).y)).toBeLessThan(1e-11);
      expect(violation(q, b, shortestNnls(q)(b))).toBeLessThan(1e-11);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('rows that nearly depend on each other: as exact as numbers of that size can be', () => {
  const nearly = fc.record({
    size: fc.integer({ min: 3, max: 24 }),
    gap: fc.constantFrom(1e-2, 1e-4, 1e-6),
    seed: fc.nat(1e9),
  });
  fc.assert(
    fc.property(nearly, ({ size, gap, seed }) => {
      const random = new Random(seeded(seed));
      const rows = gradients('independent', size, 0, seed);
      for (let i = 1; i < size; i++) {
        const other = rows[Math.floor(random.uniform() * i)]!;
        const sign = random.uniform() < 0.5 ? -1 : 1;
        rows[i] = rows[i]!.map((value, j) => sign * other[j]! + gap * value);
      }
      const { q, b } = problem(rows, seed);
      const y = shortestNnls(q)(b);
      expect(violation(q, b, y)).toBeLessThan(1e-14 * (1 + sumOfSizes(y)));
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('the same minimum as the best of all active sets', () => {
  fc.assert(
    fc.property(someProblems([2, 3, 4, 5], ['independent', 'acute', 'conflicting']), ({ q, b }) => {
      const value = (y: readonly number[]) => dot(y, multiply(q, y)) / 2 - dot(b, y);
      let best = 0;
      for (let set = 1; set < 1 << b.length; set++) {
        const free = b.map((_, i) => i).filter((i) => set & (1 << i));
        const l = cholesky(free.map((i) => free.map((j) => q[i]![j]!)));
        if (!l) continue;
        const part = choleskySolve(
          l,
          free.map((i) => b[i]!),
        );
        if (part.some((entry) => entry < 0)) continue;
        const y = b.map(() => 0);
        for (const [position, i] of free.entries()) y[i] = part[position]!;
        best = Math.min(best, value(y));
      }
      expect(value(nnls(q, b).y)).toBeLessThan(best + 1e-13 * (1 + Math.abs(best)));
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('by hand: two vectors at 60 degrees, and at 120 degrees', () => {
  const q = (cosine: number) => [
    [1, cosine],
    [cosine, 1],
  ];
  // Alone the first is 2; the second then has slope 1 - 0.5 * 2 = 0, and with b2 below 1 it stays out.
  expect(nnls(q(0.5), [2, 0.5]).y).toEqual([2, 0]);
  // y1 - y2 / 2 = 1, y2 - y1 / 2 = 1.
  const { y, passive } = nnls(q(-0.5), [1, 1]);
  expect(y[0]).toBeCloseTo(2, 14);
  expect(y[1]).toBeCloseTo(2, 14);
  expect(passive).toHaveLength(2);
  expect(nnls(q(0.5), [-1, -1]).y).toEqual([0, 0]);
});

test('the shortest minimiser shares equally between equals', () => {
  const equal = [
    [1, 1, 0],
    [1, 1, 0],
    [0, 0, 1],
  ];
  const y = shortestNnls(equal)([3, 3, 2]);
  for (const [i, value] of [1.5, 1.5, 2].entries()) expect(y[i]).toBeCloseTo(value, 14);
});

test('the shortest minimiser is a minimiser, no longer than those met in other orders, and hangs on no order', () => {
  fc.assert(
    fc.property(someProblems([3, 5, 8, 16], ['dependent', 'duplicated', 'opposed']), ({ q, b, seed }) => {
      const order = new Random(seeded(seed)).permutation(b.length);
      const turned = order.map((i) => order.map((j) => q[i]![j]!));
      const bTurned = order.map((i) => b[i]!);
      const y = shortestNnls(q)(b);
      const other = shortestNnls(turned)(bTurned);
      const scale = 1 + sumOfSizes(y);
      for (const [position, i] of order.entries()) {
        expect(Math.abs(other[position]! - y[i]!)).toBeLessThan(1e-9 * scale);
      }
      const plain = nnls(turned, bTurned).y;
      expect(dot(y, y)).toBeLessThan(dot(plain, plain) * (1 + 1e-9) + 1e-12);
    }),
    { seed: 4, numRuns: 200 },
  );
});

test('a matrix that is none of dot products still gives finite numbers >= 0', () => {
  const any = fc.integer({ min: 1, max: 8 }).chain((size) =>
    fc.record({
      upper: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size * size, maxLength: size * size }),
      b: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size }),
    }),
  );
  fc.assert(
    fc.property(any, ({ upper, b }) => {
      const entry = (i: number, j: number) => (i === j ? 1 : upper[Math.min(i, j) * b.length + Math.max(i, j)]!);
      const q = b.map((_, i) => b.map((_, j) => entry(i, j)));
      for (const value of shortestNnls(q)(b)) expect(value >= 0 && Number.isFinite(value)).toBe(true);
    }),
    { seed: 5, numRuns: 300 },
  );
});
