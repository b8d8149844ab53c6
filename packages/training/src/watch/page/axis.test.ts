import { expect, test } from 'vitest';
import { formatSeconds, linearAxis, logAxis, padded, timeAxis, union } from './axis.js';

test.each([
  ['linear', linearAxis({ low: -3, high: 17 }, 5)],
  ['time', timeAxis({ low: 3, high: 700 }, 5)],
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

test.each([
  [0, 1.1, ['0 s', '0.5 s', '1 s']],
  [2, 31, ['10 s', '20 s', '30 s']],
  [0, 100, ['0 s', '20 s', '40 s', '1:00', '1:20', '1:40']],
  [0, 3000, ['0 s', '10:00', '20:00', '30:00', '40:00', '50:00']],
  [1800, 25_000, ['2:00:00', '4:00:00', '6:00:00']],
  [0, 86_400 * 9, ['0 s', '48:00:00', '96:00:00', '144:00:00', '192:00:00']],
])('ticks at round times from %d to %d seconds', (low, high, texts) => {
  const { ticks, format } = timeAxis({ low, high }, 5);
  expect(ticks.map((tick) => format(tick))).toEqual(texts);
});

test('seconds in words', () => {
  expect([0.123, 9.876, 12.34, 59.9, 60, 3725].map(formatSeconds)).toEqual([
    '0.12 s',
    '9.88 s',
    '12.3 s',
    '59.9 s',
    '1:00',
    '1:02:05',
  ]);
});
