/** Tiny trainings with every box loss and box head; what they learnt means the same in evaluate, predict and export. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialise, Random } from '@counterpoise/nn';
import { loadCheckpoint, type RunFolder, readMetrics, saveCheckpoint } from '@counterpoise/training';
import * as onnxruntime from 'onnxruntime-node';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { BOX_HEADS, boxCodingFor } from './box-head.js';
import type { LocalizerConfig } from './config.js';
import { unitBox } from './dataset.js';
import { Evaluator } from './evaluator.js';
import { exportLocalizer } from './export.js';
import { BOX_LOSSES, lossNames, needsValidBoxes } from './losses.js';
import { createModel } from './model.js';
import { Predictor } from './predict.js';
import { fingerprint, type TestRun, testRun, train } from './testing/training-run.js';
import { openTrained } from './trained.js';
import { openTrainingData } from './training-data.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(config: Partial<LocalizerConfig>): Promise<RunFolder> {
  const made = await testRun(config);
  runs.push(made);
  return made.run;
}

const header = (run: RunFolder) => readFileSync(join(run.path, 'metrics.csv'), 'utf8').split('\n')[0]!.split(',');

const CASES = [...BOX_LOSSES.map((loss) => [loss]), ['smooth-l1', 'giou']].map((boxLosses) => {
  return { boxLosses } as Pick<LocalizerConfig, 'boxLosses'>;
});
test.each(CASES)('$boxLosses trains the box head and is told under its name', async ({ boxLosses }) => {
  const run = await newRun({ boxLosses, epochs: 1 });
  expect(await train(run)).toMatchObject({ finished: true, steps: 4 });
  const records = readMetrics(run.metrics);
  for (const name of lossNames(boxLosses)) {
    for (const record of records) expect([name, record[`train/loss/${name}`]]).toEqual([name, expect.any(Number)]);
    for (const column of [`train/loss/${name}`, `val/loss/${name}`, `weight/${name}`]) {
      expect(header(run)).toContain(column);
    }
    expect(Number(records.at(-1)![`val/loss/${name}`])).toBeGreaterThan(0);
  }
  const { config, model } = await openTrained(run.path);
  const start = initialise(createModel(config.backbone, 6), new Random(config.seed).fork('weights'));
  // Only a box loss reaches it; and weight decay, which leaves the signs.
  const signs = (values: Float32Array) => [...values].map(Math.sign);
  expect(signs(model.box.weight.data)).not.toEqual(signs(start.box.weight.data));
  const head = boxLosses.some(needsValidBoxes) ? 'center' : 'corners';
  expect(model.boxCoding).toEqual({ head, standardization: null });
});

test('several box losses are balanced one by one, each with its priority', async () => {
  const run = await newRun({ boxLosses: ['smooth-l1', 'giou'], priorities: { giou: 3, class: 2 }, epochs: 1 });
  await train(run);
  const [first] = readMetrics(run.metrics);
  const term = (loss: string) => Number(first![`weight/${loss}`]) * Number(first![`train/loss/${loss}`]);
  expect(term('giou') / term('smooth-l1')).toBeCloseTo(3, 6);
  expect(term('class') / term('smooth-l1')).toBeCloseTo(2, 6);
});

test('a run of several box losses and standardised targets goes on bit for bit', async () => {
  const config = { boxLosses: ['l1', 'ciou'], standardizeTargets: true } as const;
  const undisturbed = await newRun(config);
  await train(undisturbed);
  const interrupted = await newRun(config);
  const stop = new AbortController();
  const first = await train(interrupted, { signal: stop.signal, onEpoch: async () => stop.abort() });
  expect(first).toMatchObject({ finished: false, steps: 4 });
  await train(interrupted);
  expect(await fingerprint(interrupted)).toEqual(await fingerprint(undisturbed));
});

describe.each(BOX_HEADS)('standardised targets, head %s', (boxHead) => {
  test('the untrained network frames about the mean box, and its loss is near 1', async () => {
    const run = await newRun({ standardizeTargets: true, boxHead, epochs: 1, learningRate: 1e-20, augment: 'none' });
    await train(run);
    const [first] = readMetrics(run.metrics);
    expect(first!['train/loss/box']).toSatisfy((loss: number) => loss > 0.1 && loss < 10);
    const { model, config } = await openTrained(run.path);
    const data = await openTrainingData(config);
    expect(model.boxCoding).toEqual(boxCodingFor(boxHead, true, data.train));
    const corners = boxCodingFor('corners', true, data.train).standardization!;
    const evaluator = await Evaluator.compile(model, config);
    const { predictions } = (await evaluator.evaluate(data.val))!;
    evaluator.release();
    for (const { box } of predictions) {
      for (const [at, side] of box.entries()) {
        expect(Math.abs(side - corners.mean[at]!) / corners.std[at]!).toBeLessThan(3);
      }
    }
  });

  test.each(['std', boxHead === 'center' ? 'pixels' : 'unit'] as const)(
    'evaluate, predict and export agree with the training, told in %s',
    async (boxUnits) => {
      const run = await newRun({ standardizeTargets: true, boxHead, boxUnits, boxLosses: ['l1'], epochs: 1 });
      await train(run);
      const trained = await openTrained(run.path);
      const { model, config, classes, imageSize } = trained;
      const { val, train: trainingSet } = await openTrainingData(config);
      const evaluator = await Evaluator.compile(model, config);
      const { losses, predictions } = (await evaluator.evaluate(val))!;
      evaluator.release();
      const last = readMetrics(run.metrics).at(-1)!;
      expect([losses.class, losses.box]).toEqual([last['val/loss/class'], last['val/loss/box']]);

      // By hand from the predicted boxes. No corner needed to be moved into the picture or put in order here.
      const { std } = boxCodingFor(boxHead, true, trainingSet).standardization!;
      const inHead = ([x1, y1, x2, y2]: readonly number[]) =>
        boxHead === 'center' && boxUnits === 'std'
          ? [(x1! + x2!) / 2, (y1! + y2!) / 2, x2! - x1!, y2! - y1!]
          : [x1!, y1!, x2!, y2!];
      const scale = (at: number) => ({ std: 1 / std[at]!, pixels: 224, unit: 1 })[boxUnits];
      const errors = predictions.flatMap(({ box }, index) => {
        const truth = inHead(unitBox(val.items[index]!));
        return inHead(box).map((side, at) => Math.abs(side - truth[at]!) * scale(at));
      });
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      expect(predictions.every(({ box }) => box.every((side) => side > 0 && side < 1))).toBe(true);
      expect(losses.box! / mean).toBeCloseTo(1, 4);

      const folder = mkdtempSync(join(tmpdir(), 'counterpoise-boxes-'));
      const predictor = await Predictor.compile(trained, 1);
      const session = await onnxruntime.InferenceSession.create(exportLocalizer(model, classes, imageSize));
      try {
        const images = new Float32Array(val.items.length * 3 * imageSize ** 2);
        const shape = { width: imageSize, height: imageSize, channels: 3 } as const;
        for (const [index, { box }] of predictions.entries()) {
          const pixels = await val.load(index, imageSize);
          const file = join(folder, `${index}.png`);
          await sharp(pixels, { raw: shape }).png().toFile(file);
          const predicted = (await predictor.predict(file)).box;
          for (const [at, side] of predicted.entries()) expect(side / imageSize).toBeCloseTo(box[at]!, 5);
          writeImage(pixels, imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, index * 3 * imageSize ** 2);
        }
        const input = new onnxruntime.Tensor('float32', images, [val.items.length, 3, imageSize, imageSize]);
        const exported = (await session.run({ images: input })).boxes!.data as Float32Array;
        for (const [at, side] of predictions.flatMap(({ box }) => box).entries()) {
          expect(exported[at]).toBeCloseTo(side, 4);
        }
      } finally {
        predictor.release();
        await session.release();
        rmSync(folder, { recursive: true });
      }
    },
  );
});

test('a checkpoint of another box head, or without one, is refused', async () => {
  const run = await newRun({ epochs: 1, standardizeTargets: true });
  await train(run);
  const file = join(run.path, 'config.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"corners"', '"center"'));
  await expect(openTrained(run.path)).rejects.toThrow('is of "boxHead" corners, but config.json says center');
  writeFileSync(
    file,
    text.replace('"standardizeTargets": true', '"standardizeTargets": false').replace('"std"', '"unit"'),
  );
  await expect(openTrained(run.path)).rejects.toThrow('is of "standardizeTargets" true, but config.json says false');
  writeFileSync(file, text);

  const { tensors, state } = await loadCheckpoint(run.bestCheckpoint);
  const { boxCoding: _, ...rest } = state;
  await saveCheckpoint(run.bestCheckpoint, { tensors, state: rest });
  await expect(openTrained(run.path)).rejects.toThrow(/is not of a localizer: "boxCoding" must be an object/);
});
