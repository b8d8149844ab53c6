import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clamp } from './clamp.js';
import { echo, weighs, weightsOf } from './echo.test.helper.js';

describe('clamp', () => {
  const clamped = (values: readonly number[], ratio: number) =>
    weightsOf(clamp(echo, { ratio }), [{ a: values[0]!, b: values[1]!, c: values[2]! }])[0]! as number[];
  const near = (actual: readonly number[], expected: readonly number[]) =>
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-12 * Math.abs(expected[i]!));
    });

  test('leaves weights within the ratio alone, signs and zeros too', () => {
    expect(clamped([1, -30, 7], 100)).toEqual([1, -30, 7]);
    expect(clamped([0, 5, 6], 2)).toEqual([0, 5, 6]);
    expect(clamped([0, 0, 0], 2)).toEqual([0, 0, 0]);
  });

  test('cuts the one that runs away, above or below; the outermost on the other side meets it halfway', () => {
    near(clamped([2, 2, 1e8], 100), [2, 2, 200]);
    near(clamped([2, 2, 1e-8], 100), [2, 2, 0.02]);
    near(clamped([1, -4, -1e8], 100), [2, -4, -200]);
    near(clamped([0, 1, 1e6], 100), [0, 100, 1e4]);
    near(clamped([3, 3e3, 3e6], 1), [3e3, 3e3, 3e3]);
    near(clamped([1e-300, 1e-300, 1e300], 1e250), [1e-300, 1e-300, 1e-50]);
  });

  test('holds the ratio for an unknown scale, which counts as 1 / K', () => {
    near(clamped([13, 1e6, 1e6], 10), [1e5, 1e6, 1e6]);
    const { reasons } = weighs(clamp(echo, { ratio: 10 }), [{ a: 13, b: 1, c: 1 }], ['a', 'b', 'c'])[0]!;
    expect(reasons.a?.code).toBe('no-scale');
  });

  test('no band of that width moves the weights less, and the ratio holds', () => {
    const log = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(log, log, log, fc.double({ min: 0, max: 10, noNaN: true }), log, (a, b, c, width, other) => {
        const logs = [a, b, c];
        const result = clamped(logs.map(Math.exp), Math.exp(width)).map(Math.log);
        expect(Math.max(...result) - Math.min(...result)).toBeLessThanOrEqual(width + 1e-9);
        const moved = (to: readonly number[]) => to.reduce((total, value, i) => total + Math.abs(value - logs[i]!), 0);
        const rival = logs.map((value) => Math.min(Math.max(value, other), other + width));
        expect(moved(result)).toBeLessThanOrEqual(moved(rival) + 1e-9);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
