import { Input, type Tensor } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../engine/src/testing/interpreter.js';
import { clipGradNorm } from './clip.js';

const A = [-0.625, 0.25, -0.25, 0.625];
const B = [0.125, -0.375, 0.5];
const a = new Input('a', [2, 2]);
const b = new Input('b', [3]);
const feeds = new Map<Tensor, number[]>([
  [a, A],
  [b, B],
]);

function clipped(maxNorm: number): { values: number[]; norm: number } {
  const { gradients, norm } = clipGradNorm([a, undefined, b], maxNorm);
  expect(gradients[1]).toBeUndefined();
  expect(norm.shape).toEqual([]);
  const [first, second, total] = interpret([gradients[0]!, gradients[2]!, norm], feeds);
  return { values: [...first!, ...second!], norm: total![0]! };
}

describe('clipGradNorm', () => {
  it('scales as PyTorch 1.13 does when the norm is too large', () => {
    const { values, norm } = clipped(1);
    expect(norm).toBeCloseTo(1.14564392373896, 14);
    const expected = [
      -0.5455442493999205, 0.2182176997599682, -0.2182176997599682, 0.5455442493999205, 0.1091088498799841,
      -0.3273265496399523, 0.4364353995199364,
    ];
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  });

  it('changes nothing when it is not', () => {
    expect(clipped(2)).toEqual({ values: [...A, ...B], norm: expect.closeTo(1.14564392373896, 14) });
    expect(clipped(Number.POSITIVE_INFINITY).values).toEqual([...A, ...B]);
  });

  it('survives gradients of zero', () => {
    const { gradients, norm } = clipGradNorm([b], 1);
    const zeros = new Map([[b, [0, 0, 0]]]);
    expect(interpret([gradients[0]!, norm], zeros).map((values) => [...values])).toEqual([[0, 0, 0], [0]]);
  });

  it('adds up any number of gradients', () => {
    for (const count of [1, 2, 3, 7, 8]) {
      const inputs = Array.from({ length: count }, (_, i) => new Input(`g${i}`, [1]));
      const values = new Map(inputs.map((input, i) => [input, [i + 1]]));
      const [norm] = interpret([clipGradNorm(inputs, 1).norm], values);
      expect(norm![0]! ** 2).toBeCloseTo((count * (count + 1) * (2 * count + 1)) / 6, 10);
    }
  });

  it('refuses what cannot be', () => {
    expect(() => clipGradNorm([a], 0)).toThrow('"maxNorm" must be positive, got 0');
    expect(() => clipGradNorm([a], Number.NaN)).toThrow('"maxNorm" must be positive, got NaN');
    expect(() => clipGradNorm([undefined], 1)).toThrow('"gradients" must hold at least one gradient, got none');
  });
});
