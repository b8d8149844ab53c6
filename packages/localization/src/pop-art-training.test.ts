/** A tiny training whose targets are standardised by PopArt, with a moving average of the weights and interrupted. */
import { loadCheckpoint, readMetrics } from '@counterpoise/training';
import * as onnxruntime from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linearCoordinates } from './box-scale.js';
import { completeConfig } from './check-config.js';
import type { LocalizerConfig } from './config.js';
import { unitBox } from './dataset.js';
import { Evaluator } from './evaluator.js';
import { exportLocalizer } from './export.js';
import { fingerprint, type TestRun, TINY, testRun, train, trainUntil } from './testing/training-run.js';
import { checkRunConfig, openTrained } from './trained.js';
import { openTrainingData } from './training-data.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

const CONFIG: Partial<LocalizerConfig> = {
  standardizeTargets: 'pop-art',
  boxLosses: ['l1', 'giou'],
  balance: 'sum',
  ema: 0.9,
  augment: 'none',
};

let whole: TestRun;
beforeAll(async () => {
  whole = await testRun(CONFIG);
  await train(whole.run);
}, 120_000);
afterAll(() => whole.remove());

test('losses are told in the deviations of the boxes so far: near 1 from the first step', () => {
  expect(whole.run.config.boxUnits).toBe('std');
  const losses = readMetrics(whole.run.metrics).flatMap((record) => record['train/loss/l1'] ?? []);
  expect(losses).toHaveLength(10);
  for (const loss of losses) expect(Number(loss)).toSatisfy((value: number) => value > 0.1 && value < 5);
});

test('the statistics are those of the boxes that were trained on', async () => {
  const { train: set } = await openTrainingData(checkRunConfig(whole.run));
  const rows = set.items.map((item) => linearCoordinates(unitBox(item)!, 'center'));
  const { tensors, state } = await loadCheckpoint(whole.run.lastCheckpoint);
  const mean = tensors.get('model.box_scale.mean')!.data as Float32Array;
  // Two epochs of every picture; old steps count a little less.
  for (const at of [0, 1, 2, 3]) {
    expect(mean[at]).toBeCloseTo(
      rows.reduce((sum, row) => sum + row[at]! / rows.length, 0),
      3,
    );
  }
  expect(tensors.get('average.box_scale.mean')!.data).toEqual(mean);
  expect(state.boxCoding).toEqual({ head: 'center', standardization: 'pop-art' });
});

test('a run that was interrupted ends at the same bits', async () => {
  const parts = await testRun(CONFIG);
  try {
    await trainUntil(parts.run, 3);
    await train(parts.run);
    expect(await fingerprint(parts.run)).toEqual(await fingerprint(whole.run));
  } finally {
    await parts.remove();
  }
}, 120_000);

test('the exported model has the scale in it', async () => {
  const { model, classes, config } = await openTrained(whole.run.path);
  const { val } = await openTrainingData(config);
  const evaluator = await Evaluator.compile(model, config);
  const session = await onnxruntime.InferenceSession.create(exportLocalizer(model, classes, config.imageSize));
  try {
    const { predictions, losses } = (await evaluator.evaluate(val))!;
    const best = readMetrics(whole.run.metrics).filter(({ kind }) => kind === 'epoch');
    expect(best.map((record) => record['val/loss/l1'])).toContain(losses.l1);
    const area = 3 * config.imageSize ** 2;
    const images = new Float32Array(val.items.length * area);
    for (const index of val.items.keys()) {
      const pixels = await val.load(index, config.imageSize);
      writeImage(pixels, config.imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, index * area);
    }
    const input = new onnxruntime.Tensor('float32', images, [val.items.length, 3, config.imageSize, config.imageSize]);
    const boxes = (await session.run({ images: input })).boxes!.data as Float32Array;
    for (const [at, side] of predictions.flatMap(({ box }) => box).entries()) expect(boxes[at]).toBeCloseTo(side, 4);
  } finally {
    evaluator.release();
    await session.release();
  }
});

test('the option is false, true or pop-art', () => {
  const complete = (standardizeTargets: unknown) =>
    completeConfig({
      ...TINY,
      threads: 1,
      standardizeTargets: standardizeTargets as LocalizerConfig['standardizeTargets'],
    });
  expect(complete('pop-art').boxUnits).toBe('std');
  expect(() => complete('popart')).toThrow('"standardizeTargets" must be one of false, true, pop-art, got "popart"');
});
