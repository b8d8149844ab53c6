import { expect, test } from 'vitest';
import { sampleShares } from './sample-shares.js';

const batch = (hasClass: readonly number[], hasBox: readonly number[]) => ({
  hasClass: Float32Array.from(hasClass),
  hasBox: Float32Array.from(hasBox),
});
const numbers = (values: Float32Array) => [...values];

test('one batch: 1 / C for the C pictures that have it, 0 for the others', () => {
  const { shares, present } = sampleShares([batch([1, 0, 1, 1], [0, 1, 0, 0])], true);
  expect(numbers(shares[0]!.classShares).map((share) => share * 3)).toEqual(
    [1, 0, 1, 1].map((x) => Math.fround(x / 3) * 3),
  );
  expect(numbers(shares[0]!.boxShares)).toEqual([0, 1, 0, 0]);
  expect(present).toEqual({ class: true, box: true });
});

test('averaged batches: the mean of their sums is the mean over all pictures that have it', () => {
  const losses = [
    [1, 2, 3],
    [10, 20, 30],
  ];
  const { shares, present } = sampleShares([batch([1, 1, 1], [0, 0, 0]), batch([0, 1, 0], [0, 0, 0])], true);
  const sums = shares.map(({ classShares }, at) =>
    classShares.reduce((sum, share, i) => sum + share * losses[at]![i]!, 0),
  );
  expect((sums[0]! + sums[1]!) / 2).toBeCloseTo((1 + 2 + 3 + 20) / 4, 6);
  expect(shares.flatMap(({ boxShares }) => numbers(boxShares))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(present).toEqual({ class: true, box: false });
});

test('compared batches stand for themselves, and one without a sample makes the loss absent', () => {
  const { shares, present } = sampleShares([batch([1, 1], [1, 0]), batch([1, 0], [0, 0])], false);
  expect(shares.map(({ classShares }) => numbers(classShares))).toEqual([
    [0.5, 0.5],
    [1, 0],
  ]);
  expect(present).toEqual({ class: true, box: false });
});
