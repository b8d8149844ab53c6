import { describe, expect, it } from 'vitest';
import { Box, Discrete } from './spaces.js';

describe('Discrete', () => {
  it('has the numbers 0 to n - 1', () => {
    const space = new Discrete(3);
    expect([0, 2].every((value) => space.contains(value))).toBe(true);
    for (const value of [-1, 3, 0.5, Number.NaN, '1', undefined]) expect(space.contains(value)).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d choices', (n) => {
    expect(() => new Discrete(n)).toThrow(`"n" of Discrete must be an integer >= 1, got ${n}`);
  });
});

describe('Box', () => {
  it('has its bounds in float32, one per component or one for all', () => {
    const space = new Box([-1, 0.1], [1, Number.POSITIVE_INFINITY]);
    expect(space.shape).toEqual([2]);
    expect([...space.low]).toEqual([-1, Math.fround(0.1)]);
    const image = new Box(0, 255, [2, 3]);
    expect(image.size).toBe(6);
    expect([...image.high]).toEqual(new Array(6).fill(255));
    expect([...new Box(0, [1, 2]).low]).toEqual([0, 0]);
  });

  it('contains what is within its bounds, and has no NaN and no other size', () => {
    const space = new Box([-1, 0], [1, Number.POSITIVE_INFINITY]);
    expect(space.contains([1, 1e30])).toBe(true);
    for (const values of [[1.1, 0], [0, -1], [Number.NaN, 0], [0], [0, 0, 0]])
      expect(space.contains(values)).toBe(false);
  });

  it('refuses no component, bounds of different number, and bounds that are NaN or turned round', () => {
    expect(() => new Box(0, 1)).toThrow('"shape" of Box must be integers >= 1, got []');
    expect(() => new Box([], [])).toThrow('"shape" of Box must be integers >= 1, got [0]');
    expect(() => new Box(0, 1, [2, 0])).toThrow('"shape" of Box must be integers >= 1, got [2, 0]');
    expect(() => new Box([0, 0], [1])).toThrow('bounds of Box must be 2 numbers, got 1');
    expect(() => new Box([0], [1], [3])).toThrow('bounds of Box must be 3 numbers, got 1');
    expect(() => new Box([0, 2], [1, 1])).toThrow('must be low <= high, got 2 and 1 at component 1');
    expect(() => new Box([Number.NaN], [1])).toThrow('must be low <= high, got NaN and 1 at component 0');
  });
});
