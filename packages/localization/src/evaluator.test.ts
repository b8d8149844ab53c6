import { initialise, Random } from '@counterpoise/nn';
import { afterEach, expect, test } from 'vitest';
import { type Box, unitBox } from './dataset.js';
import { Evaluator } from './evaluator.js';
import { generatedDataset } from './generated.js';
import { localizationMetrics } from './metrics.js';
import { createModel } from './model.js';

const evaluators: Evaluator[] = [];
afterEach(() => {
  for (const evaluator of evaluators.splice(0)) evaluator.release();
});

const model = initialise(createModel('resnet18', 6), new Random(3));
const { val } = generatedDataset({ train: 1, val: 7 });

async function evaluatorOf(batchSize: number): Promise<Evaluator> {
  const losses = { boxLosses: ['mse'], boxUnits: 'unit', smoothL1Beta: 0.1 } as const;
  const evaluator = await Evaluator.compile(model, { batchSize, imageSize: 16, threads: 1, ...losses });
  evaluators.push(evaluator);
  return evaluator;
}

test('a last batch that is not full counts as it should: the same results with any batch size', async () => {
  const whole = (await (await evaluatorOf(7)).evaluate(val))!;
  expect(whole.predictions).toHaveLength(7);
  for (const size of [1, 2, 4, 16]) {
    const cut = (await (await evaluatorOf(size)).evaluate(val))!;
    expect(cut.metrics).toEqual({
      ...whole.metrics,
      meanIou: expect.closeTo(whole.metrics.meanIou, 5),
    });
    expect(cut.losses.class).toBeCloseTo(whole.losses.class!, 5);
    expect(cut.losses.box).toBeCloseTo(whole.losses.box!, 6);
  }
});

test('losses and metrics are those of the predictions', async () => {
  const { predictions, metrics, losses } = (await (await evaluatorOf(4)).evaluate(val))!;
  const truths = val.items.map((item) => ({ label: item.label, box: unitBox(item) }));
  expect(metrics).toEqual(localizationMetrics(predictions, truths));
  for (const { score, box } of predictions) {
    expect(score).toBeGreaterThan(1 / 6 - 1e-6);
    expect(box[0] <= box[2] && box[1] <= box[3]).toBe(true);
  }
  // Where the corners came out in order the loss can be computed from the predictions.
  const squared = (a: Box, b: Box) => a.reduce((sum, side, at) => sum + (side - b[at]!) ** 2, 0) / 4;
  const bound = predictions.reduce((sum, { box }, at) => sum + squared(box, truths[at]!.box), 0) / 7;
  expect(losses.box).toBeGreaterThanOrEqual(bound - 1e-6);
});

test('tells after each batch how far it is', async () => {
  const told: [number, number][] = [];
  await (await evaluatorOf(3)).evaluate(val, undefined, (done, total) => void told.push([done, total]));
  expect(told).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test('an aborted evaluation has no result', async () => {
  const evaluator = await evaluatorOf(4);
  expect(await evaluator.evaluate(val, AbortSignal.abort())).toBeUndefined();
});

test('compiling leaves the mode of the model as it was', async () => {
  model.train();
  await evaluatorOf(1);
  expect(model.training).toBe(true);
});
