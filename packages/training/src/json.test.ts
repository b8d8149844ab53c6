import { describe, expect, it } from 'vitest';
import { stringifyExactly } from './json.js';

describe('stringifyExactly', () => {
  it('reads back as the same value', () => {
    const value = { b: [1, -2.5e-300, true, null, 'x'], a: { é: {} }, ['__proto__']: 1 };
    expect(JSON.parse(stringifyExactly('state', value))).toEqual(value);
  });

  it('leaves optional fields that are undefined out, and sorts keys on request', () => {
    expect(stringifyExactly('c', { b: 1, a: { d: undefined, c: 2 } }, { sortKeys: true })).toBe('{"a":{"c":2},"b":1}');
    expect(stringifyExactly('c', { b: 1, a: 2 })).toBe('{"b":1,"a":2}');
  });

  it.each([
    [{ balancer: { max: [1, Number.NaN] } }, '"state.balancer.max[1]" must be plain JSON, got NaN'],
    [{ x: Number.NEGATIVE_INFINITY }, '"state.x" must be plain JSON, got -Infinity'],
    [{ x: Float32Array.of(1) }, '"state.x" must be plain JSON, got a Float32Array'],
    [{ x: new Map() }, '"state.x" must be plain JSON, got a Map'],
    [{ x: 1n }, '"state.x" must be plain JSON, got 1'],
    [{ x: () => 1 }, '"state.x" must be plain JSON, got a function'],
    [[undefined], '"state[0]" must be plain JSON, got undefined'],
  ])('refuses what JSON would change: %o', (value, message) => {
    expect(() => stringifyExactly('state', value)).toThrow(message);
  });
});
