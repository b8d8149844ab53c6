import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@counterpoise/nn';
import { loadCheckpoint, saveCheckpoint } from '@counterpoise/training';
import * as onnxruntime from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportLocalizer } from './export.js';
import { readPicture } from './images.js';
import { checkWeights } from './learner.js';
import { drawPrediction, Predictor } from './predict.js';
import { RunReporter } from './run-reporter.js';
import { type TestRun, testRun, train } from './testing/training-run.js';
import { openTrained, type TrainedLocalizer } from './trained.js';
import { openTrainingData } from './training-data.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from './transforms.js';

let made: TestRun;
let trained: TrainedLocalizer;
let predictor: Predictor;
const folder = mkdtempSync(join(tmpdir(), 'counterpoise-pictures-'));
const picture = (name: string) => join(folder, name);

beforeAll(async () => {
  made = await testRun({ epochs: 1 });
  await train(made.run, {
    onEpoch: async (evaluation) => {
      const { val } = await openTrainingData((await openTrained(made.run.path)).config);
      const reporter = new RunReporter(made.run, val);
      reporter.validated(evaluation);
      await reporter.write();
    },
  });
  trained = await openTrained(made.run.path);
  predictor = await Predictor.compile(trained, 1);

  const noise = Uint8Array.from({ length: 60 * 40 * 3 }, (_, at) => (at * 7919) % 251);
  const source = () => sharp(noise, { raw: { width: 60, height: 40, channels: 3 } });
  await source().png().toFile(picture('colour.png'));
  await source().jpeg({ quality: 95 }).toFile(picture('colour.jpg'));
  await source().greyscale().png().toFile(picture('grey.png'));
  await source().jpeg().withMetadata({ orientation: 6 }).toFile(picture('turned.jpg'));
  writeFileSync(picture('text.png'), 'not a picture');
}, 60_000);

afterAll(async () => {
  predictor.release();
  rmSync(folder, { recursive: true });
  await made.remove();
});

test('a trained run is read from its best checkpoint', () => {
  expect(trained).toMatchObject({ backbone: 'resnet18', imageSize: 16, checkpoint: made.run.bestCheckpoint });
  expect(trained.classes).toHaveLength(6);
  expect(trained.model.training).toBe(false);
});

test('predictions are in pixels of the upright picture, for colour, grey and turned files', async () => {
  for (const [name, width, height] of [
    ['colour.png', 60, 40],
    ['colour.jpg', 60, 40],
    ['grey.png', 60, 40],
    ['turned.jpg', 40, 60],
  ] as const) {
    const prediction = await predictor.predict(picture(name));
    const [x1, y1, x2, y2] = prediction.box;
    expect(prediction).toMatchObject({ image: picture(name), width, height });
    expect(trained.classes).toContain(prediction.class);
    expect(0 <= x1 && x1 <= x2 && x2 <= width && 0 <= y1 && y1 <= y2 && y2 <= height).toBe(true);
  }
  await expect(predictor.predict(picture('text.png'))).rejects.toThrow(/text\.png: .*neither JPEG nor PNG/);
  await expect(predictor.predict(picture('missing.png'))).rejects.toThrow(/missing\.png/);
});

test('a prediction is drawn in the shape of its picture', async () => {
  const drawing = sharp(await drawPrediction(await predictor.predict(picture('turned.jpg'))));
  expect(await drawing.metadata()).toMatchObject({ format: 'png', width: 40, height: 60 });
});

test('the exported model gives the predictions of predict in the onnxruntime-node binding', async () => {
  const session = await onnxruntime.InferenceSession.create(
    exportLocalizer(trained.model, trained.classes, trained.imageSize),
  );
  const names = ['colour.png', 'grey.png', 'turned.jpg'];
  const images = new Float32Array(names.length * 3 * 256);
  for (const [at, name] of names.entries()) {
    const { pixels } = await readPicture(picture(name), 16);
    writeImage(pixels, 16, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, at * 3 * 256);
  }
  // A batch size that the model was not built with.
  const input = new onnxruntime.Tensor('float32', images, [names.length, 3, 16, 16]);
  const results = await session.run({ images: input });
  const probabilities = results.probabilities!.data as Float32Array;
  const boxes = results.boxes!.data as Float32Array;
  for (const [at, name] of names.entries()) {
    const { class: className, score, box, width, height } = await predictor.predict(picture(name));
    const row = probabilities.subarray(at * 6, at * 6 + 6);
    expect(trained.classes[row.indexOf(Math.max(...row))]).toBe(className);
    expect(Math.abs(Math.max(...row) - score)).toBeLessThan(1e-4);
    const scale = [width, height, width, height];
    for (const [side, value] of box.entries()) {
      expect(Math.abs(boxes[at * 4 + side]! - value / scale[side]!)).toBeLessThan(1e-4);
    }
  }
  await session.release();
});

test('the report shows curves and pictures, and nothing of it lies elsewhere', () => {
  const html = readFileSync(made.run.report, 'utf8');
  expect(html.match(/<svg/g)!.length).toBeGreaterThanOrEqual(4);
  // Six samples and as many of the smallest overlaps.
  expect(html.match(/data:image\/jpeg/g)).toHaveLength(23);
  expect(html).toMatch(/IoU \d\.\d\d/);
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
});

test('a run without a checkpoint, and one of another architecture, are named', async () => {
  const empty = await testRun();
  await expect(openTrained(empty.run.path)).rejects.toThrow('has no checkpoint yet');
  await empty.remove();
  await expect(openTrained(folder)).rejects.toThrow('is not a run folder');

  const config = join(made.run.path, 'config.json');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('"resnet18"', '"resnet50"'));
  await expect(openTrained(made.run.path)).rejects.toThrow('is of "backbone" resnet18, but config.json says resnet50');
  writeFileSync(config, text.replace('"resnet18"', '"resnet1"'));
  await expect(openTrained(made.run.path)).rejects.toThrow(/config\.json: "backbone" must be one of/);
  writeFileSync(config, text);

  const { tensors, state } = await loadCheckpoint(made.run.bestCheckpoint);
  const fewer = new Map([...tensors].filter(([key]) => key !== 'model.classifier.bias'));
  const kept = readFileSync(made.run.bestCheckpoint);
  await saveCheckpoint(made.run.bestCheckpoint, { tensors: fewer, state });
  await expect(openTrained(made.run.path)).rejects.toThrow(/best\.safetensors": .*missing "classifier\.bias"/);
  await saveCheckpoint(made.run.bestCheckpoint, { tensors, state: { ...state, classes: [] } });
  await expect(openTrained(made.run.path)).rejects.toThrow('its "classes" must be a list of names');
  writeFileSync(made.run.bestCheckpoint, kept.subarray(0, kept.length - 5));
  await expect(openTrained(made.run.path)).rejects.toThrow(/checkpoint ".*" is damaged/);
  writeFileSync(made.run.bestCheckpoint, kept);
});

test('weights of a backbone are loaded, and a file that does not fit is named', async () => {
  const backbone = trained.model.backbone;
  const file = join(folder, 'weights.safetensors');
  writeFileSync(file, encodeSafetensors(backbone.stateDict()));
  const run = await testRun({ weights: file, epochs: 1, learningRate: 1e-20 });
  await train(run.run);
  const tuned = await openTrained(run.run.path);
  await run.remove();
  expect(tuned.model.stateDict().get('backbone.conv1.weight')!.data).toEqual(backbone.conv1.weight.data);
  expect(() => checkWeights({ ...trained.config, weights: file, backbone: 'resnet50' })).toThrow(
    /weights\.safetensors/,
  );
  expect(() => checkWeights({ ...trained.config, weights: file })).not.toThrow();
});
