import { expect, test } from 'vitest';
import type { Evaluation } from './evaluator.js';
import { generatedDataset } from './generated.js';
import { localizationMetrics } from './metrics.js';
import { drawSamples, pickSamples, worst } from './run-report.js';

const { val } = generatedDataset({ train: 1, val: 5, frame: 100 });
/** Boxes that are off to the right by 0, 2, 4, ... hundredths of the picture; the first item has another class. */
const predictions = val.items.map(({ box: [x1, y1, x2, y2], label }, at) => {
  const shift = at * 2;
  const box = [(x1 + shift) / 100, y1 / 100, (x2 + shift) / 100, y2 / 100] as const;
  return { label: at === 0 ? (label + 1) % 6 : label, score: 0.5, box };
});
const truths = val.items.map(({ label, box }) => ({ label, box: box.map((side) => side / 100) }));
const evaluation: Evaluation = {
  metrics: localizationMetrics(predictions, truths),
  losses: { class: 1, box: 1 },
  predictions,
};

test('samples are drawn with a caption that says class, truth and overlap', async () => {
  const drawn = await drawSamples(val, evaluation, [0, 3]);
  expect(drawn.map(({ name }) => name)).toEqual(['val-00000.jpg', 'val-00003.jpg']);
  expect(drawn[0]!.caption).toBe('circle_0: square (true: circle), IoU 1.00');
  expect(drawn[1]!.caption).toMatch(/^star_3: star, IoU 0\.\d\d$/);
  for (const { picture } of drawn) expect([...picture.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
});

test('the worst are those with the smallest overlap, smallest first', () => {
  const order = worst(val, evaluation, 5);
  expect(order.at(-1)).toBe(0);
  expect(new Set(order).size).toBe(5);
  expect(worst(val, evaluation, 2)).toEqual(order.slice(0, 2));
});

test('samples are always the same, each once, and of all classes of a set that repeats them', () => {
  const picked = pickSamples(240, 12);
  expect(pickSamples(240, 12)).toEqual(picked);
  expect(new Set(picked).size).toBe(12);
  expect(new Set(picked.map((index) => index % 4)).size).toBe(4);
  expect(pickSamples(3, 12)).toEqual([0, 1, 2]);
});
