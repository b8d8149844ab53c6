import { encodeModel } from '@counterpoise/engine';
import * as onnxruntime from 'onnxruntime-node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture, decodeSquare } from '../images.js';
import { boxFromFrame, frameOf, RESIZES, type Resize } from '../letterbox.js';
import { barNodes, boxNodes, frameNodes } from './frame-nodes.js';
import { NodeList } from './node-list.js';
import { resizeNodes } from './resize-nodes.js';

/** Smooth waves with sharp edges over them, in three different channels. */
function testPicture(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    const stripes = (Math.floor(x / 7) + Math.floor(y / 5)) % 2 === 0 ? 60 : 0;
    return 95 + stripes + 90 * Math.sin(0.07 * (x + channel * y) + channel);
  });
}

/** Through the nodes, alone in a model. @returns [3, size, size]. */
async function resizeInGraph(
  images: Uint8Array,
  dims: readonly number[],
  size: number,
  resize: Resize = 'stretch',
): Promise<Float32Array> {
  const list = new NodeList('n');
  const frame = frameNodes(list, 'images', size, resize);
  list.add('Identity', [barNodes(list, resizeNodes(list, 'images', frame), frame)], {}, 'resized');
  const bytes = encodeModel({
    name: 'resize',
    inputs: [{ name: 'images', shape: ['batch', 'height', 'width', 3], dtype: 'uint8' }],
    outputs: [{ name: 'resized', shape: ['batch', 3, size, size], dtype: 'float32' }],
    nodes: list.nodes,
    initializers: list.initializers,
  });
  const session = await onnxruntime.InferenceSession.create(bytes);
  const { resized } = await session.run({ images: new onnxruntime.Tensor('uint8', images, dims) });
  await session.release();
  expect(resized!.dims).toEqual([dims[0], 3, size, size]);
  return resized!.data as Float32Array;
}

/** Largest and mean distance in levels of 255. */
function compare(planes: Float32Array, pixels: Uint8Array): { largest: number; mean: number } {
  const area = pixels.length / 3;
  const distances = Array.from(pixels, (value, at) => Math.abs(value - planes[(at % 3) * area + Math.floor(at / 3)]!));
  return { largest: Math.max(...distances), mean: distances.reduce((a, b) => a + b) / distances.length };
}

describe('resizeNodes', () => {
  it.each([
    ['smaller by a whole factor', 128, 96, 32],
    ['smaller by odd factors, blocks that do not fill the side', 333, 271, 31],
    ['much smaller', 1203, 1001, 24],
    ['one side much smaller, one a little', 700, 70, 64],
    ['larger', 37, 23, 64],
    ['one side larger, one smaller', 200, 40, 64],
    ['the same', 48, 48, 48],
    ['of one pixel', 1, 1, 16],
    ['of one row', 90, 1, 16],
  ])('a picture that is %s comes out as decodePicture has it', async (_, width, height, size) => {
    const picture = testPicture(width, height);
    const png = await sharp(picture, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const { largest, mean } = compare(
      await resizeInGraph(picture, [1, height, width, 3], size),
      await decodePicture(png, size, size),
    );
    // sharp rounds to bytes after each of up to four steps, and places pixels on a grid of 1/64.
    expect(largest).toBeLessThan(2.5);
    expect(mean).toBeLessThan(0.6);
  });

  it('keeps the pictures of a batch apart', async () => {
    const pictures = [testPicture(50, 40), testPicture(50, 40).reverse()];
    const both = await resizeInGraph(Uint8Array.from(pictures.flatMap((picture) => [...picture])), [2, 40, 50, 3], 16);
    for (const [at, picture] of pictures.entries()) {
      const alone = await resizeInGraph(picture, [1, 40, 50, 3], 16);
      expect(both.subarray(at * alone.length, (at + 1) * alone.length)).toEqual(alone);
    }
  });
});

/** Shapes whose sides are rounded up, down, at a tie and up from nothing. */
const SHAPES = [
  [128, 96],
  [96, 128],
  [333, 271],
  [37, 23],
  [700, 3],
  [64, 1],
  [32, 9],
] as const;

describe('a letterboxed picture', () => {
  it.each(SHAPES)('of %i x %i comes out as decodeSquare has it', async (width, height) => {
    const picture = testPicture(width, height);
    const png = await sharp(picture, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const { largest } = compare(
      await resizeInGraph(picture, [1, height, width, 3], 32, 'letterbox'),
      await decodeSquare(png, { width, height }, 32, 'letterbox'),
    );
    expect(largest).toBeLessThan(2.5);
  });

  it.each(RESIZES)('%s: boxes are placed back as boxFromFrame does, in pictures of any size', async (resize) => {
    const list = new NodeList('n');
    boxNodes(list, 'unit', frameNodes(list, 'images', 32, resize), 32, 'boxes');
    const session = await onnxruntime.InferenceSession.create(
      encodeModel({
        name: 'boxes',
        inputs: [
          { name: 'images', shape: ['batch', 'height', 'width', 3], dtype: 'uint8' },
          { name: 'unit', shape: ['batch', 4], dtype: 'float32' },
        ],
        outputs: [{ name: 'boxes', shape: ['batch', 4], dtype: 'float32' }],
        nodes: list.nodes,
        initializers: list.initializers,
      }),
    );
    const unit = [0, 0.02, 0.4, 0.55, 0.3, 0.45, 1, 1];
    for (const [width, height] of SHAPES) {
      const { boxes } = await session.run({
        images: new onnxruntime.Tensor('uint8', new Uint8Array(2 * width * height * 3), [2, height, width, 3]),
        unit: new onnxruntime.Tensor('float32', Float32Array.from(unit), [2, 4]),
      });
      const frame = frameOf(resize, width, height, 32);
      for (const at of [0, 1]) {
        const [x1, y1, x2, y2] = unit.slice(4 * at) as [number, number, number, number];
        for (const [side, value] of boxFromFrame([x1, y1, x2, y2], frame, { width, height }).entries()) {
          expect((boxes!.data as Float32Array)[4 * at + side]).toBeCloseTo(value, 3);
        }
      }
    }
    await session.release();
  });
});
