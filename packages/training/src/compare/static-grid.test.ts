import { expect, test } from 'vitest';
import { staticCells, staticPoints } from './static-grid.js';

test('points by hand: losses 2 and 5000 become equal parts of K = 2, then b gets 1/100 to 100 times its part', () => {
  const points = staticPoints(['a', 'b'], { a: 2, b: -5000 });
  expect(points[0]).toEqual({ a: 0.5, b: 0.0002 });
  expect(points).toHaveLength(7);
  const ratios = points.map(({ a, b }) => (5000 * b!) / (2 * a!));
  [1, 0.01, 0.1, 1 / 3, 3, 10, 100].forEach((ratio, at) => {
    expect(ratios[at]! / ratio).toBeCloseTo(1, 2);
    expect(2 * points[at]!.a! + 5000 * points[at]!.b!).toBeCloseTo(2, 1);
  });
  expect(staticPoints(['a', 'b', 'c'], {})).toHaveLength(13);
  expect(staticPoints(['a'], { a: 0 })).toEqual([{ a: 1 }]);
});

test.each([
  [7, 3],
  [7, 1],
  [13, 4],
  [6, 3],
  [1, 3],
  [2, 5],
])(
  '%i points and %i rates: every pair once; each round has every rate once and as many points as there are',
  (size, count) => {
    const points = Array.from({ length: size }, (_, at) => ({ a: at }));
    const rates = Array.from({ length: count }, (_, at) => 10 ** -at);
    const cells = staticCells(points, rates, 0);
    expect(new Set(cells.map(({ weights, learningRate }) => `${weights.a} ${learningRate}`)).size).toBe(size * count);
    for (let at = 0; at < cells.length; at += count) {
      const round = cells.slice(at, at + count);
      expect(round.map(({ learningRate }) => learningRate)).toEqual(rates);
      expect(new Set(round.map(({ weights }) => weights.a)).size).toBe(Math.min(size, count));
    }
    expect(staticCells(points, rates, 0)).toEqual(cells);
  },
);

test('another seed is another order', () => {
  const points = Array.from({ length: 13 }, (_, at) => ({ a: at }));
  expect(staticCells(points, [1], 1)).not.toEqual(staticCells(points, [1], 0));
});
