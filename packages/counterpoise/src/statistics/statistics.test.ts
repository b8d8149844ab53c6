import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../json.js';
import { ema } from './ema.js';
import { decayedMax } from './max.js';
import type { Statistic } from './statistic.js';
import { windowMax } from './window-max.js';
import { windowQuantile } from './window-quantile.js';

const size = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }).map((x) => x + 0),
  fc.nat(5),
);
const sizes = fc.array(size, { minLength: 1, maxLength: 40 });
const settings = { seed: 11, numRuns: 200 };

function history<T extends Json>({ empty, record, read }: Statistic<T>, values: readonly number[]) {
  let memory = empty;
  return values.map((value) => {
    memory = record(value, memory);
    return read(memory);
  });
}

test('windowMax equals the maximum of the last W sizes', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 8 }), (values, window) => {
      const naive = values.map((_, i) => Math.max(...values.slice(Math.max(0, i + 1 - window), i + 1)));
      expect(history(windowMax(window), values)).toEqual(naive);
    }),
    settings,
  );
});

test('windowQuantile: q = 1 is the maximum, q = 0 the minimum, between them linear', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 8 }), (values, window) => {
      expect(history(windowQuantile(window, 1), values)).toEqual(history(windowMax(window), values));
      const naive = values.map((_, i) => Math.min(...values.slice(Math.max(0, i + 1 - window), i + 1)));
      expect(history(windowQuantile(window, 0), values)).toEqual(naive);
    }),
    settings,
  );
  // NumPy: quantile([1, 2, 4, 10], 0.9) = 8.2
  expect(history(windowQuantile(4, 0.9), [10, 1, 4, 2]).at(-1)).toBeCloseTo(8.2, 12);
});

test('windowQuantile equals that of the sorted window, ties and long windows included', () => {
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const rank = q * (values.length - 1);
        const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
        expect(history(windowQuantile(300, q), values).at(-1)).toBe(low + (rank - Math.floor(rank)) * (high - low));
      },
    ),
    settings,
  );
});

test('decayedMax equals max over the past of decay^age L', () => {
  const values = [5, 1, 0, 3, 0.5];
  const naive = values.map((_, i) => Math.max(...values.slice(0, i + 1).map((value, j) => value * 0.5 ** (i - j))));
  expect(history(decayedMax(0.5), values)).toEqual(naive);
});

test('ema equals the weighted mean with weights beta^age', () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 0.999, noNaN: true }), (values, beta) => {
      history(ema(beta), values).forEach((mean, i) => {
        const past = values.slice(0, i + 1);
        const weights = past.map((_, j) => beta ** (i - j));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const naive = past.reduce((sum, value, j) => sum + value * weights[j]!, 0) / total;
        expect(Math.abs(mean! - naive)).toBeLessThanOrEqual(1e-9 * Math.max(...past));
        expect(mean).toBeGreaterThanOrEqual(0);
      });
    }),
    settings,
  );
});

describe('restore', () => {
  const where = '"state" of loss "a".statistic';
  test.each<[string, Statistic<Json>, unknown]>([
    ['max', decayedMax(1), -1],
    ['max', decayedMax(1), 'x'],
    ['max', decayedMax(1), undefined],
    ['ema', ema(0.9), 3],
    ['ema', ema(0.9), { mean: 1 }],
    ['ema', ema(0.9), { mean: 1, filled: 0 }],
    ['ema', ema(0.9), { mean: 1, filled: 2 }],
    ['ema', ema(0.9), { mean: null, filled: 1 }],
    ['quantile', windowQuantile(2, 0.5), [1, 2, 3]],
    ['quantile', windowQuantile(2, 0.5), [1, null]],
    ['window', windowMax(2), null],
    ['window', windowMax(2), { count: 1.5, deque: [] }],
    ['window', windowMax(2), { count: 1, deque: [] }],
    [
      'window',
      windowMax(2),
      {
        count: 2,
        deque: [
          [0, 1],
          [1, 2],
        ],
      },
    ],
    [
      'window',
      windowMax(2),
      {
        count: 3,
        deque: [
          [0, 3],
          [2, 2],
        ],
      },
    ],
    ['window', windowMax(2), { count: 3, deque: [[1, 2]] }],
    ['window', windowMax(2), { count: 1, deque: [[0]] }],
  ])('%s refuses a damaged memory', (_, statistic, memory) => {
    expect(() => statistic.restore(memory, where)).toThrow(where);
  });
});
