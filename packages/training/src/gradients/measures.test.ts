import { compile, constant, Input } from '@counterpoise/engine';
import { expect, test } from 'vitest';
import { type Measure, measuring } from './measures.js';

/** Gradients of two losses for a tensor of two entries, and products of another tensor's that are known. */
async function measure(...wanted: Measure[]) {
  const [a, b] = [new Input('a', [2]), new Input('b', [2])];
  const block = { row: 1, losses: [0, 1], products: constant([100, 7, 7, 400], [2, 2]) };
  const table = [
    [a, b],
    [undefined, undefined],
  ];
  const { outputs, read } = measuring(table, 2, new Set(wanted), [block]);
  const program = await compile([{ name: 'measure', outputs }], { threads: 1 });
  const results = await program.run('measure', { a: Float32Array.of(1, -2), b: Float32Array.of(3, 4) });
  const measures = read(results);
  program.release();
  return measures;
}

test('the Gramian adds up what was computed and what is known', async () => {
  const { gramian, perTensor } = await measure('gramian');
  expect(gramian).toEqual([
    [105, 2],
    [2, 425],
  ]);
  expect(perTensor[1]).toEqual([
    [100, 7],
    [7, 400],
  ]);
});

test('of norms alone the rest is 0, also where it is known', async () => {
  const { gramian, max } = await measure('norms');
  expect(gramian).toEqual([
    [105, 0],
    [0, 425],
  ]);
  expect(max).toEqual([]);
});

test('entries: the largest and the mean of their sizes', async () => {
  const { max, mean } = await measure('norms', 'entries');
  expect([max, mean]).toEqual([
    [2, 4],
    [1.5, 3.5],
  ]);
});
