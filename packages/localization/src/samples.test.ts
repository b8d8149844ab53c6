import { expect, test } from 'vitest';
import { drawSamples, pickSamples } from './samples.js';
import { shiftedEvaluation } from './testing/evaluations.js';

test('samples are drawn with a caption that says class, truth and overlap', async () => {
  const { dataset, evaluation } = shiftedEvaluation(5);
  const drawn = await drawSamples(dataset, evaluation, [0, 3]);
  expect(drawn.map(({ name }) => name)).toEqual(['val-00000.jpg', 'val-00003.jpg']);
  expect(drawn[0]!.caption).toBe('circle_0: square (true: circle), IoU 1.00');
  expect(drawn[1]!.caption).toMatch(/^star_3: star, IoU 0\.\d\d$/);
  for (const { picture } of drawn) expect([...picture.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
});

test('samples are always the same, each once, and of all classes of a set that repeats them', () => {
  const picked = pickSamples(240, 12);
  expect(pickSamples(240, 12)).toEqual(picked);
  expect(new Set(picked).size).toBe(12);
  expect(new Set(picked.map((index) => index % 4)).size).toBe(4);
  expect(pickSamples(3, 12)).toEqual([0, 1, 2]);
});
