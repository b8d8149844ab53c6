import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTick, linearScale, logScale } from './chart-scale.js';

describe('linearScale', () => {
  const ticks = (...values: number[]) => linearScale(values, { tickCount: 5 }).ticks;

  it('has ticks at 1, 2, 5 times a power of ten, around the values', () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0.13, 0.68)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(ticks(-3, 41)).toEqual([-10, 0, 10, 20, 30, 40, 50]);
    expect(ticks(0.1, 0.4)).toEqual([0.1, 0.2, 0.3, 0.4]);
  });

  it('puts a constant series in the middle, also when only round-off moves it', () => {
    for (const values of [[5], [5, 5], [5, 5 + 1e-14], [-2], [0], [5e-324, 0]]) {
      const { position } = linearScale(values, { tickCount: 5 });
      expect(position(values[0]!)).toBeCloseTo(0.5, 6);
    }
  });

  it('tight and whole-numbered for epochs: 1 to 20, and a single epoch', () => {
    const epochs = linearScale([1, 20], { tickCount: 8, tight: true, integers: true });
    expect([epochs.position(1), epochs.position(20)]).toEqual([0, 1]);
    expect(epochs.ticks).toEqual([5, 10, 15, 20]);
    expect(linearScale([1], { tickCount: 8, tight: true, integers: true }).ticks).toEqual([1]);
    expect(linearScale([1, 3], { tickCount: 8, tight: true, integers: true }).ticks).toEqual([1, 2, 3]);
  });

  it('ignores NaN and infinities, and shows 0 to 1 without any value', () => {
    expect(ticks(Number.NaN, 0, Number.POSITIVE_INFINITY, 1)).toEqual(ticks(0, 1));
    expect(ticks()).toEqual(ticks(0, 1));
  });
});

describe('logScale', () => {
  const ticks = (...values: number[]) => logScale(values, { tickCount: 5 }).ticks;

  it('has 1, 2, 5, then 1, 3, then powers of ten, the wider the span', () => {
    expect(ticks(1.5, 8)).toEqual([1, 2, 5, 10]);
    expect(ticks(1, 400)).toEqual([1, 3, 10, 30, 100, 300, 1000]);
    expect(ticks(2e-5, 0.5)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
    expect(ticks(1e-12, 1).length).toBeLessThanOrEqual(8);
  });

  it('has no place for zero and below, and is not moved by them', () => {
    const { position, ticks } = logScale([0, -5, 1, 10], { tickCount: 5 });
    expect([position(0), position(-5)]).toEqual([Number.NaN, Number.NaN]);
    expect(ticks).toEqual([1, 2, 5, 10]);
    expect(logScale([0], { tickCount: 5 }).ticks).toEqual([0.1, 0.2, 0.5, 1]);
  });

  it('puts a constant series inside the axis', () => {
    for (const value of [1, 7, 1e-5]) {
      const at = logScale([value, value], { tickCount: 5 }).position(value);
      expect(at).toBeGreaterThan(0.2);
      expect(at).toBeLessThan(0.8);
    }
  });
});

describe('both', () => {
  it('put any value they were made for between 0 and 1, with few rising ticks', () => {
    // Below 1e-290 the axes see zero.
    const value = fc.double({ min: -1e290, max: 1e290, noNaN: true }).map((x) => (Math.abs(x) < 1e-290 ? 0 : x));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        for (const scale of [linearScale(values, { tickCount: 5 }), logScale(values, { tickCount: 5 })]) {
          for (const one of values) {
            const at = scale.position(one);
            expect(Number.isNaN(at) || (at >= -1e-9 && at <= 1 + 1e-9)).toBe(true);
          }
          expect(scale.ticks.length).toBeGreaterThan(0);
          expect(scale.ticks.length).toBeLessThan(12);
          expect([...scale.ticks].sort((a, b) => a - b)).toEqual(scale.ticks);
          expect(new Set(scale.ticks).size).toBe(scale.ticks.length);
        }
      }),
    );
  });
});

describe('formatTick', () => {
  it('is short', () => {
    const ticks = [0, 0.25, 1500, 10_000, 50_000, 2e6, 1e-6, 1e9, 2e12, -20_000, 0.30000000000000004];
    const texts = ['0', '0.25', '1500', '10k', '50k', '2M', '1e-6', '1e9', '2e12', '-20k', '0.3'];
    expect(ticks.map(formatTick)).toEqual(texts);
  });
});
