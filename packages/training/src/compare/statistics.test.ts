import { describe, expect, test } from 'vitest';
import { holm, pairedTest, ranksOf, spreadOf, studentWithin } from './statistics.js';

test('mean and standard error by hand', () => {
  // Deviations -2, 0, 2: s^2 = 8 / 2 = 4, s.e. = 2 / sqrt(3).
  const { mean, standardError } = spreadOf([1, 3, 5]);
  expect(mean).toBe(3);
  expect(standardError).toBeCloseTo(2 / Math.sqrt(3), 14);
  expect(spreadOf([7]).standardError).toBeNaN();
  expect(spreadOf([]).mean).toBeNaN();
});

describe('Student', () => {
  // Two-sided 5 % and 1 % points of every table.
  test.each([
    [1, 12.7062, 63.6567],
    [2, 4.3027, 9.9248],
    [3, 3.1824, 5.8409],
    [4, 2.7764, 4.6041],
    [9, 2.2622, 3.2498],
    [10, 2.2281, 3.1693],
    [30, 2.0423, 2.75],
  ])('%i degrees of freedom', (degrees, five, one) => {
    expect(studentWithin(five, degrees)).toBeCloseTo(0.95, 5);
    expect(studentWithin(one, degrees)).toBeCloseTo(0.99, 5);
    expect(studentWithin(0, degrees)).toBe(0);
  });
});

describe('the paired test', () => {
  test('by hand: differences 1, 2, 3 have t = 2 sqrt(3) with 2 degrees of freedom', () => {
    // For 2 degrees P(|T| <= t) = t / sqrt(2 + t^2).
    const t = 2 * Math.sqrt(3);
    expect(pairedTest([11, 102, 1003], [10, 100, 1000])).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
  });

  test('sees through what the seed does to both', () => {
    const noise = [0, 50, -30, 80, -60];
    const base = noise.map((value) => 100 + value);
    const better = noise.map((value, at) => 95 + value + 0.1 * (at % 2));
    expect(pairedTest(better, base)).toBeLessThan(1e-4);
  });

  test('no spread, no pairs', () => {
    expect(pairedTest([1, 2], [1, 2])).toBe(1);
    expect(pairedTest([2, 3], [1, 2])).toBe(0);
    expect(pairedTest([1], [2])).toBeNaN();
  });
});

test('Holm by hand: the smallest of three times 3, the next times 2, never falling', () => {
  expect(holm([0.03, 0.01, 0.04])).toEqual([0.06, 0.03, 0.06]);
  expect(holm([0.6, 0.9])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

test('ranks share ties, and NaN is last', () => {
  expect(ranksOf([3, 1, 3, Number.NaN], 1)).toEqual([2.5, 1, 2.5, 4]);
  expect(ranksOf([3, 1, 3, Number.NaN], -1)).toEqual([1.5, 3, 1.5, 4]);
});
