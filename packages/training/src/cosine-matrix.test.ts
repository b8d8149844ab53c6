import { expect, test } from 'vitest';
import { formatCosine, pairMatrix, shadeOf } from './cosine-matrix.js';

test('pairs become a symmetric matrix of the losses that are in one', () => {
  const cosines = new Map([
    ['class:box', 0.5],
    ['aux:class', -0.25],
  ]);
  expect(pairMatrix(['class', 'alone', 'box', 'aux'], (pair) => cosines.get(pair))).toEqual({
    names: ['class', 'box', 'aux'],
    cells: [
      [undefined, 0.5, -0.25],
      [0.5, undefined, undefined],
      [-0.25, undefined, undefined],
    ],
  });
  expect(pairMatrix(['class', 'box'], () => undefined)).toBeUndefined();
  expect(pairMatrix([], () => 1)).toBeUndefined();
});

test('names may have colons themselves', () => {
  const cosines = new Map([['a:b:c', 0.5]]);
  const names = (...losses: string[]) => pairMatrix(losses, (pair) => cosines.get(pair))?.names;
  expect(names('a', 'b', 'b:c')).toEqual(['a', 'b:c']);
  expect(names('a:b', 'c')).toEqual(['a:b', 'c']);
});

test.each([
  [1, '1.00', 'agree', 1],
  [0, '0.00', 'agree', 0],
  [-0.004, '0.00', 'conflict', 0.004],
  [-0.314, '−0.31', 'conflict', 0.314],
  // Round-off of whoever measured it.
  [1.0000001, '1.00', 'agree', 1],
  [Number.NaN, '–', 'none', 0],
])('a cosine of %d is written %s', (cosine, text, kind, share) => {
  expect(formatCosine(cosine)).toBe(text);
  expect(shadeOf(cosine)).toEqual({ kind, share });
});
