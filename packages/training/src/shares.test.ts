import { expect, test } from 'vitest';
import { sharesOf } from './shares.js';

test('a share is the absolute weighted loss over the sum of all', () => {
  expect(sharesOf({ class: 3, box: -9000 }, { class: 1, box: 0.001 })).toEqual({ class: 0.25, box: 0.75 });
});

test('losses without a weight are left out, and NaN takes no part', () => {
  expect(sharesOf({ a: 1, b: Number.NaN, c: 3, d: 5 }, { a: 1, b: 1, c: 1 })).toEqual({
    a: 0.25,
    b: Number.NaN,
    c: 0.75,
  });
  expect(sharesOf({ a: 0 }, { a: 1 })).toEqual({ a: Number.NaN });
});
