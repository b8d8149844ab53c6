import { expect, test } from 'vitest';
import { logGrid, simplexGrid } from './grid.js';

test('simplexGrid by hand', () => {
  expect(simplexGrid(['a', 'b'], 2)).toEqual([
    { a: 0, b: 1 },
    { a: 0.5, b: 0.5 },
    { a: 1, b: 0 },
  ]);
  expect(simplexGrid(['a'], 7)).toEqual([{ a: 1 }]);
  expect(simplexGrid(['a', 'b', 'c'], 1)).toEqual([
    { a: 0, b: 0, c: 1 },
    { a: 0, b: 1, c: 0 },
    { a: 1, b: 0, c: 0 },
  ]);
});

test('simplexGrid has (divisions + K - 1 choose K - 1) different points with sum 1', () => {
  const grid = simplexGrid(['a', 'b', 'c', 'd'], 6);
  expect(grid.length).toBe(84);
  expect(new Set(grid.map((point) => JSON.stringify(point))).size).toBe(84);
  for (const point of grid) expect(Object.values(point).reduce((a, b) => a + b)).toBeCloseTo(1, 14);
});

test('logGrid by hand: the first task is fixed at 1', () => {
  expect(logGrid(['a', 'b', 'c'], [0.1, 10])).toEqual([
    { a: 1, b: 0.1, c: 0.1 },
    { a: 1, b: 0.1, c: 10 },
    { a: 1, b: 10, c: 0.1 },
    { a: 1, b: 10, c: 10 },
  ]);
  expect(logGrid(['a'], [0.1, 10])).toEqual([{ a: 1 }]);
});

test('bad arguments are refused', () => {
  expect(() => simplexGrid(['a'], 0)).toThrow('"divisions" must be an integer in [1, inf), got 0');
  expect(() => simplexGrid([], 3)).toThrow('"tasks" must name at least one loss');
  expect(() => simplexGrid(['a', 'a'], 3)).toThrow('"tasks" names loss "a" twice');
  expect(() => logGrid(['a', 'b'], [])).toThrow('"ratios" must be numbers in (0, inf), at least one, got []');
  expect(() => logGrid(['a', 'b'], [1, 0])).toThrow('"ratios" must be numbers in (0, inf), at least one, got [1,0]');
});

test('a grid too large for the memory is refused before it is made', () => {
  const many = Array.from({ length: 12 }, (_, i) => `t${i}`);
  expect(() => simplexGrid(many, 20)).toThrow('the grid must have at most 1000000 points, got 84672315');
  expect(() => logGrid(many, [0.1, 1, 10, 100])).toThrow('the grid must have at most 1000000 points, got 4194304');
});
