import { expect, test } from 'vitest';
import { linearAxis, logAxis, padded, union } from './axis.js';

test.each([
  ['linear', linearAxis({ low: -3, high: 17 }, 5)],
  ['log', logAxis({ low: 0.02, high: 7000 }, 5)],
  ['log within one decade', logAxis({ low: 3.1, high: 3.4 }, 5)],
])('%s: exact ends, ticks inside, and the way back', (_, axis) => {
  const ends = [axis.value(0), axis.value(1)];
  expect(axis.position(ends[0]!)).toBeCloseTo(0, 9);
  expect(axis.position(ends[1]!)).toBeCloseTo(1, 9);
  expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
  for (const tick of axis.ticks) {
    expect(axis.position(tick)).toBeGreaterThanOrEqual(0);
    expect(axis.position(tick)).toBeLessThanOrEqual(1);
    expect(axis.value(axis.position(tick))).toBeCloseTo(tick, 6);
  }
});

test('a log axis has no place for zero and below', () => {
  const axis = logAxis({ low: 1, high: 10 }, 4);
  expect([axis.position(0), axis.position(-1)]).toEqual([Number.NaN, Number.NaN]);
});

test.each([
  [{ low: 0, high: 10 }, false],
  [{ low: 5, high: 5 }, false],
  [{ low: 0, high: 0 }, false],
  [{ low: -1e30, high: 1e30 }, false],
  [{ low: 1, high: 1 }, true],
  [{ low: 1e-30, high: 1e30 }, true],
])('%j, log %s: the values lie inside with room on both sides', (extent, isLog) => {
  const { low, high } = padded(extent, isLog);
  expect(low).toBeLessThan(extent.low);
  expect(high).toBeGreaterThan(extent.high);
  if (isLog) expect(low).toBeGreaterThan(0);
});

test('union', () => {
  expect(union(null, null)).toBeNull();
  expect(union({ low: 1, high: 2 }, null)).toEqual({ low: 1, high: 2 });
  expect(union({ low: 1, high: 2 }, { low: -1, high: 1.5 })).toEqual({ low: -1, high: 2 });
});
