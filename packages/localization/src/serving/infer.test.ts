import { spawn } from 'node:child_process';
import { join } from 'node:path';
import * as onnxruntime from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Evaluator, type Prediction } from '../evaluator.js';
import { exportLocalizer } from '../export.js';
import { readPicture } from '../images.js';
import { boxFromFrame, frameOf } from '../letterbox.js';
import type { FilePrediction } from '../predict.js';
import { type ExportedLocalizer, exportedLocalizer, PICTURES } from '../testing/exported-localizer.js';
import { IMAGENET_NORMALIZATION, NO_TRANSFORM, writeImage } from '../transforms.js';

let made: ExportedLocalizer;
const at = (name: string) => join(made.folder.path, name);

beforeAll(async () => {
  made = await exportedLocalizer('model.onnx');
}, 60_000);
afterAll(() => made.remove());

function infer(...files: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['infer.mjs', ...files], { cwd: made.folder.path });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('infer.mjs answers as predict does, for pictures of every size and kind', async () => {
  const { code, stdout, stderr } = await infer(...PICTURES);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const answers = stdout.trim().split('\n');
  const expected = await Promise.all(PICTURES.map((name) => made.predictor.predict(at(name))));
  for (const [index, line] of answers.entries()) {
    const { score, box, width, height, ...rest } = expected[index]!;
    const answer = JSON.parse(line) as FilePrediction;
    expect(answer).toMatchObject({ image: PICTURES[index], class: rest.class });
    // libjpeg itself shrinks a JPEG that training sees much smaller; the model gets it whole.
    const tolerance = PICTURES[index]!.endsWith('.png') ? 0.012 : 0.03;
    expect(Math.abs(answer.score - score)).toBeLessThan(tolerance);
    for (const [side, value] of answer.box.entries()) {
      expect(Math.abs(value - box[side]!) / (side % 2 === 0 ? width : height)).toBeLessThan(tolerance);
    }
  }
  // Answers that were all alike would agree with anything.
  const scores = expected.map(({ score }) => score);
  expect(Math.max(...scores) - Math.min(...scores)).toBeGreaterThan(0.1);
  const tops = expected.map(({ box, height }) => box[1] / height);
  expect(Math.max(...tops) - Math.min(...tops)).toBeGreaterThan(0.2);
});

test('infer.mjs: one line for each file that is no picture, and the others have their answer', async () => {
  const picture = await sharp(at('photo.jpg')).toBuffer();
  await made.folder.write('cut.jpg', picture.subarray(0, picture.length / 2));
  await made.folder.write('drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const { code, stdout, stderr } = await infer('cut.jpg', 'drawing.png', 'missing.png', 'small.png');
  expect(code).toBe(1);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).image),
  ).toEqual(['small.png']);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^error: cut\.jpg: /),
    expect.stringMatching(/^error: drawing\.png: .*unsupported/),
    expect.stringMatching(/^error: missing\.png: .*missing/),
  ]);
  expect(await infer()).toEqual({ code: 2, stdout: '', stderr: 'usage: node infer.mjs picture...\n' });
});

test('the model says of itself what it takes and gives, and keeps the pictures of a batch apart', async () => {
  const text = Buffer.from(made.model);
  for (const value of [
    JSON.stringify(made.trained.classes),
    '[0.485,0.456,0.406]',
    'pixels of the given picture',
    'version',
  ]) {
    expect([value, text.includes(value)]).toEqual([value, true]);
  }
  const session = await onnxruntime.InferenceSession.create(made.model);
  expect(session.inputNames).toEqual(['images']);
  const shape = [1, 40, 60, 3];
  const [first, second] = [1, 7].map((step) => Uint8Array.from({ length: 7200 }, (_, i) => (i * step) % 256)) as [
    Uint8Array,
    Uint8Array,
  ];
  const run = (images: Uint8Array, dims: number[]) =>
    session.run({ images: new onnxruntime.Tensor('uint8', images, dims) });
  const both = await run(Buffer.concat([first, second]), [2, ...shape.slice(1)]);
  for (const [index, images] of [first, second].entries()) {
    const alone = await run(images, shape);
    const probabilities = alone.probabilities!.data as Float32Array;
    expect(Number((both.labels!.data as BigInt64Array)[index])).toBe(probabilities.indexOf(Math.max(...probabilities)));
    expect((both.scores!.data as Float32Array)[index]).toBeCloseTo(Math.max(...probabilities), 5);
    for (const [side, value] of (alone.boxes!.data as Float32Array).entries()) {
      expect((both.boxes!.data as Float32Array)[4 * index + side]).toBeCloseTo(value, 3);
    }
  }
  await session.release();
});

test('of a network that saw letterboxed pictures, the model letterboxes and places boxes back', async () => {
  const { model, classes, imageSize, config } = made.trained;
  const bytes = exportLocalizer(model, classes, imageSize, { processing: true, resize: 'letterbox' });
  const session = await onnxruntime.InferenceSession.create(bytes);
  const evaluator = await Evaluator.compile(model, { ...config, batchSize: 1, imageSize, threads: 1 });
  for (const name of ['large.png', 'small.png', 'narrow.png', 'transparent.png']) {
    const seen = await readPicture(at(name), imageSize, 'letterbox');
    const images = new Float32Array(3 * imageSize ** 2);
    writeImage(seen.pixels, imageSize, NO_TRANSFORM, IMAGENET_NORMALIZATION, images, 0);
    const [{ label, score, box }] = (await evaluator.predict(images, 1)) as [Prediction];
    const size = { width: seen.originalWidth, height: seen.originalHeight };
    const frame = frameOf('letterbox', size.width, size.height, imageSize);

    const { data, info } = await sharp(at(name))
      .flatten({ background: '#ffffff' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = new onnxruntime.Tensor('uint8', data, [1, info.height, info.width, 3]);
    const { labels, scores, boxes } = await session.run({ images: picture });
    expect(Number((labels!.data as BigInt64Array)[0])).toBe(label);
    expect(Math.abs((scores!.data as Float32Array)[0]! - score)).toBeLessThan(0.012);
    for (const [side, value] of boxFromFrame(box, frame, size).entries()) {
      const tolerance = 0.012 * Math.max(size.width, size.height);
      expect(Math.abs((boxes!.data as Float32Array)[side]! - value)).toBeLessThan(tolerance);
    }
  }
  evaluator.release();
  await session.release();
});
