import { expect, test } from 'vitest';
import type { Batch } from './batches.js';
import { stepBatches } from './step-batches.js';

/** Batches of one picture in the same arrays, as `batches` gives them. */
async function* numbered(count: number): AsyncGenerator<Batch> {
  const batch = {
    size: 1,
    images: new Float32Array(1),
    labels: new Int32Array(1),
    boxes: new Float32Array(4),
    hasClass: new Float32Array(1),
    hasBox: new Float32Array(1).fill(1),
    indices: new Int32Array(1),
  };
  for (let at = 0; at < count; at++) {
    for (const array of [batch.images, batch.labels, batch.boxes]) array.fill(at);
    batch.hasClass.fill(at % 3);
    yield batch;
  }
}

test('each batch of a step keeps its values, and what does not fill a step is left out', async () => {
  const steps: number[][][] = [];
  for await (const { feeds, shares, size } of stepBatches(numbered(8), { perStep: 3, averages: true })) {
    expect(size).toBe(3);
    steps.push(feeds.map(({ images, labels, boxes }) => [images[0]!, labels[0]!, boxes[3]!]));
    // 0, 1 and 2 pictures with a class: 3 batches over 3 of them.
    expect(shares.map(({ classShares, boxShares }) => [classShares[0], boxShares[0]])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  }
  const same = (value: number) => [value, value, value];
  expect(steps).toEqual([
    [same(0), same(1), same(2)],
    [same(3), same(4), same(5)],
  ]);
});

test('one batch per step is passed on without a copy', async () => {
  const seen = new Set<Float32Array>();
  for await (const { feeds } of stepBatches(numbered(3), { perStep: 1, averages: true })) seen.add(feeds[0]!.images);
  expect(seen.size).toBe(1);
});
