/** Tiny trainings with every box loss on both box heads; what they learnt means the same in evaluate, predict and export. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialise, Random } from '@counterpoise/nn';
import { loadCheckpoint, readMetrics, saveCheckpoint } from '@counterpoise/training';
import * as onnxruntime from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BoxHead, boxCodingFor, standardizationFor } from './box-head.js';
import type { LocalizerConfig } from './config.js';
import { unitBox } from './dataset.js';
import { Evaluator } from './evaluator.js';
import { exportLocalizer } from './export.js';
import { createLearner } from './learner.js';
import { BOX_LOSSES, type BoxUnits, lossNames } from './losses.js';
import { createModel } from './model.js';
import { Predictor } from './predict.js';
import { fingerprint, type TestRun, testRun, train } from './testing/training-run.js';
import { checkRunConfig, openTrained, type TrainedLocalizer } from './trained.js';
import { openTrainingData, type TrainingData } from './training-data.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

/** One training for each head: what is asked of a training is asked of these two. Their losses are compiled one by one anyway. */
const CONFIGS: Readonly<Record<BoxHead, Partial<LocalizerConfig>>> = {
  corners: {
    boxLosses: ['mse', 'l1', 'smooth-l1'],
    priorities: { l1: 3, class: 2 },
    standardizeTargets: true,
    epochs: 1,
  },
  center: { boxLosses: ['l1', 'giou', 'diou', 'ciou'], standardizeTargets: true },
};

interface Case extends TestRun {
  readonly trained: TrainedLocalizer;
  readonly data: TrainingData;
}

const cases = new Map<BoxHead, Case>();
beforeAll(async () => {
  for (const head of ['corners', 'center'] as const) {
    const made = await testRun(CONFIGS[head]);
    await train(made.run);
    cases.set(head, {
      ...made,
      trained: await openTrained(made.run.path),
      data: await openTrainingData(checkRunConfig(made.run)),
    });
  }
}, 60_000);
afterAll(async () => {
  for (const { remove } of cases.values()) await remove();
});

async function evaluated(model: TrainedLocalizer['model'], config: LocalizerConfig, { val }: TrainingData) {
  const evaluator = await Evaluator.compile(model, config);
  try {
    return (await evaluator.evaluate(val))!;
  } finally {
    evaluator.release();
  }
}

test('every box loss is trained in one of the two', () => {
  const trained = Object.values(CONFIGS).flatMap(({ boxLosses }) => boxLosses!);
  expect(new Set(trained)).toEqual(new Set(BOX_LOSSES));
});

test('several box losses are balanced one by one, each with its priority', () => {
  const [first] = readMetrics(cases.get('corners')!.run.metrics);
  const term = (loss: string) => Number(first![`weight/${loss}`]) * Number(first![`train/loss/${loss}`]);
  expect(term('l1') / term('mse')).toBeCloseTo(3, 6);
  expect(term('class') / term('mse')).toBeCloseTo(2, 6);
  expect(term('smooth-l1') / term('mse')).toBeCloseTo(1, 6);
});

describe.each(['corners', 'center'] as const)('head %s', (head) => {
  test('the box losses train it and are told under their names', () => {
    const { run, trained, data } = cases.get(head)!;
    const records = readMetrics(run.metrics);
    const columns = readFileSync(join(run.path, 'metrics.csv'), 'utf8').split('\n')[0]!.split(',');
    for (const name of lossNames(trained.config.boxLosses)) {
      for (const record of records) expect([name, record[`train/loss/${name}`]]).toEqual([name, expect.any(Number)]);
      for (const column of [`train/loss/${name}`, `val/loss/${name}`, `weight/${name}`]) {
        expect(columns).toContain(column);
      }
      expect(Number(records.at(-1)![`val/loss/${name}`])).toBeGreaterThan(0);
    }
    const { model, config } = trained;
    const start = initialise(createModel(config.backbone, 6), new Random(config.seed).fork('weights'));
    // Only a box loss reaches it; and weight decay, which leaves the signs.
    const signs = (values: Float32Array) => [...values].map(Math.sign);
    expect(signs(model.box.weight.data)).not.toEqual(signs(start.box.weight.data));
    expect(model.boxCoding).toEqual(boxCodingFor(head, true, data.train));
  });

  test('with standardised targets the untrained network frames about the mean box, and its loss is near 1', async () => {
    const { trained, data } = cases.get(head)!;
    const coding = boxCodingFor(head, true, data.train);
    const config: LocalizerConfig = { ...trained.config, boxLosses: ['mse'], priorities: {} };
    const { losses, predictions } = await evaluated(createLearner(config, 6, coding, 1).model, config, data);
    expect(losses.box).toSatisfy((loss: number) => loss > 0.1 && loss < 10);
    const corners = standardizationFor('corners', data.train);
    for (const { box } of predictions) {
      for (const [at, side] of box.entries()) {
        expect(Math.abs(side - corners.mean[at]!) / corners.std[at]!).toBeLessThan(3);
      }
    }
  });

  test('evaluate gives the losses of the training, in every unit', async () => {
    const { run, trained, data } = cases.get(head)!;
    const { model, config } = trained;
    const { losses, predictions } = await evaluated(model, config, data);
    const { state } = await loadCheckpoint(run.bestCheckpoint);
    const best = readMetrics(run.metrics).find((record) => {
      return record.kind === 'epoch' && record.epoch === (state.best as { epoch: number }).epoch;
    })!;
    for (const [name, loss] of Object.entries(losses)) expect([name, loss]).toEqual([name, best[`val/loss/${name}`]]);

    // By hand from the predicted boxes. No corner needed to be moved into the picture or put in order here.
    expect(predictions.every(({ box }) => box.every((side) => side > 0 && side < 1))).toBe(true);
    const { std } = standardizationFor(head, data.train);
    const inHead = ([x1, y1, x2, y2]: readonly number[], unit: BoxUnits) =>
      head === 'center' && unit === 'std'
        ? [(x1! + x2!) / 2, (y1! + y2!) / 2, x2! - x1!, y2! - y1!]
        : [x1!, y1!, x2!, y2!];
    for (const boxUnits of ['std', 'pixels', 'unit'] as const) {
      const scale = (at: number) => ({ std: 1 / std[at]!, pixels: 224, unit: 1 })[boxUnits];
      const errors = predictions.flatMap(({ box }, index) => {
        const truth = inHead(unitBox(data.val.items[index]!)!, boxUnits);
        return inHead(box, boxUnits).map((side, at) => Math.abs(side - truth[at]!) * scale(at));
      });
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      const told =
        boxUnits === 'std'
          ? losses.l1!
          : (await evaluated(model, { ...config, boxLosses: ['l1'], boxUnits }, data)).losses.box!;
      expect(told / mean).toBeCloseTo(1, 4);
    }
  });

  test('predict and export agree with evaluate', async () => {
    const { trained, data } = cases.get(head)!;
    const { model, config, classes, imageSize } = trained;
    const { predictions } = await evaluated(model, config, data);
    const folder = mkdtempSync(join(tmpdir(), 'counterpoise-boxes-'));
    const predictor = await Predictor.compile(trained, 1);
    const session = await onnxruntime.InferenceSession.create(exportLocalizer(model, classes, imageSize));
    try {
      const images = new Float32Array(data.val.items.length * 3 * imageSize ** 2);
      const shape = { width: imageSize, height: imageSize, channels: 3 } as const;
      for (const [index, { box }] of predictions.entries()) {
        const pixels = await data.val.load(index, imageSize);
        const file = join(folder, `${index}.png`);
        await sharp(pixels, { raw: shape }).png().toFile(file);
        const predicted = (await predictor.predict(file)).box;
        for (const [at, side] of predicted.entries()) expect(side / imageSize).toBeCloseTo(box[at]!, 5);
        writeImage(pixels, imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, index * 3 * imageSize ** 2);
      }
      const input = new onnxruntime.Tensor('float32', images, [data.val.items.length, 3, imageSize, imageSize]);
      const exported = (await session.run({ images: input })).boxes!.data as Float32Array;
      for (const [at, side] of predictions.flatMap(({ box }) => box).entries()) {
        expect(exported[at]).toBeCloseTo(side, 4);
      }
    } finally {
      predictor.release();
      await session.release();
      rmSync(folder, { recursive: true });
    }
  });
});

test('a run of several box losses and standardised targets goes on bit for bit', async () => {
  const interrupted = await testRun(CONFIGS.center);
  try {
    const stop = new AbortController();
    const first = await train(interrupted.run, { signal: stop.signal, onEpoch: async () => stop.abort() });
    expect(first).toMatchObject({ finished: false, steps: 4 });
    await train(interrupted.run);
    expect(await fingerprint(interrupted.run)).toEqual(await fingerprint(cases.get('center')!.run));
  } finally {
    await interrupted.remove();
  }
});

// The last test: it changes the files of a run.
test('a checkpoint of another box head, or without one, is refused', async () => {
  const { run } = cases.get('corners')!;
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
