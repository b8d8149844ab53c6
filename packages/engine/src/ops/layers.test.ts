import { describe, expect, it } from 'vitest';
import { Input } from '../graph/tensor.js';
import { batchNormInference, batchNormTraining } from './batch-norm.js';
import { conv2d } from './conv.js';
import { ShapeError } from './errors.js';
import { linear, matmul } from './matmul.js';
import { avgPool2d, globalAveragePool, maxPool2d } from './pool.js';

const images = new Input('images', [8, 4, 224, 224]);
const tensor = (...shape: number[]) => new Input('tensor', shape);
const int = new Input('int', [8, 4, 224, 224], 'int32');

/** The message of the ShapeError that `build` throws. */
function shapeError(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(ShapeError);
    return (error as Error).message;
  }
  throw new Error('no error was thrown');
}

describe('shapes', () => {
  it('of convolutions', () => {
    expect(conv2d(images, tensor(64, 4, 7, 7), { stride: 2, padding: 3 }).shape).toEqual([8, 64, 112, 112]);
    expect(conv2d(images, tensor(2, 4, 3, 5), { padding: [1, 2], dilation: [1, 2] }).shape).toEqual([8, 2, 224, 220]);
    expect(conv2d(tensor(0, 4, 3, 3), tensor(2, 4, 3, 3)).shape).toEqual([0, 2, 1, 1]);
    const { producer } = conv2d(images, tensor(4, 1, 3, 3), { groups: 4, stride: [2, 1], padding: [1, 0] });
    expect(producer?.kind).toBe('Conv');
    expect(producer?.attributes).toEqual({ strides: [2, 1], pads: [1, 0, 1, 0], dilations: [1, 1], group: 4 });
  });

  it('of pooling', () => {
    expect(maxPool2d(tensor(8, 64, 112, 112), 3, { stride: 2, padding: 1 }).shape).toEqual([8, 64, 56, 56]);
    expect(maxPool2d(images, 3).shape).toEqual([8, 4, 74, 74]);
    expect(avgPool2d(images, [2, 4]).producer?.attributes).toEqual({
      kernel_shape: [2, 4],
      strides: [2, 4],
      pads: [0, 0, 0, 0],
      count_include_pad: 1,
    });
    expect(globalAveragePool(images).shape).toEqual([8, 4, 1, 1]);
  });

  it('of products', () => {
    expect(linear(tensor(8, 5), tensor(3, 5), tensor(3)).shape).toEqual([8, 3]);
    expect(linear(tensor(5), tensor(3, 5)).shape).toEqual([3]);
    expect(matmul(tensor(7, 1, 2, 3), tensor(5, 3, 4)).shape).toEqual([7, 5, 2, 4]);
    expect(matmul(tensor(3), tensor(5, 3, 4)).shape).toEqual([5, 4]);
    expect(matmul(tensor(5, 2, 3), tensor(3)).shape).toEqual([5, 2]);
    expect(matmul(tensor(3), tensor(3)).shape).toEqual([]);
  });
});

describe('conv2d refuses', () => {
  it('channels and groups that do not fit', () => {
    expect(shapeError(() => conv2d(images, tensor(64, 3, 7, 7)))).toBe(
      'conv2d: weight [64, 3, 7, 7] needs 3 input channels, got x [8, 4, 224, 224]',
    );
    expect(shapeError(() => conv2d(images, tensor(6, 4, 3, 3), { groups: 2 }))).toBe(
      'conv2d: weight [6, 4, 3, 3] in 2 groups needs 8 input channels, got x [8, 4, 224, 224]',
    );
    expect(shapeError(() => conv2d(images, tensor(5, 2, 3, 3), { groups: 2 }))).toBe(
      'conv2d: weight [5, 2, 3, 3]: 5 output channels do not split into 2 groups',
    );
  });

  it('a kernel larger than the image', () => {
    expect(shapeError(() => conv2d(tensor(1, 4, 3, 9), tensor(2, 4, 3, 3), { dilation: 2, padding: [0, 1] }))).toBe(
      'conv2d: a kernel of height 3 with dilation 2 needs at least 5 pixels, got 3',
    );
    expect(shapeError(() => conv2d(tensor(1, 4, 9, 3), tensor(2, 4, 1, 7), { padding: [0, 1] }))).toBe(
      'conv2d: a kernel of width 7 needs at least 7 pixels, got 3 and 1 of padding on each side',
    );
    expect(shapeError(() => conv2d(images, tensor(2, 4, 0, 3)))).toMatch(/kernel of height 0/);
  });

  it('tensors of the wrong rank, size or dtype', () => {
    expect(shapeError(() => conv2d(tensor(4, 9, 9), tensor(2, 4, 3, 3)))).toBe(
      'conv2d: x must be images [N, C, H, W], got [4, 9, 9]',
    );
    expect(shapeError(() => conv2d(images, tensor(4, 3, 3)))).toBe(
      'conv2d: weight must be [out, in, kH, kW], got weight [4, 3, 3]',
    );
    expect(shapeError(() => conv2d(images, tensor(2, 4, 3, 3), { bias: tensor(4) }))).toBe(
      'conv2d: bias must be [2] for weight [2, 4, 3, 3], got [4]',
    );
    expect(() => conv2d(int, tensor(2, 4, 3, 3))).toThrow('conv2d: "x" must be float32, got int32');
  });

  it('impossible options', () => {
    const weight = tensor(2, 4, 3, 3);
    expect(() => conv2d(images, weight, { stride: 0 })).toThrow(
      'conv2d: "stride" must be a whole number of 1 or more, got 0',
    );
    expect(() => conv2d(images, weight, { padding: [0, -1] })).toThrow(
      'conv2d: "padding" must be a whole number of 0 or more, got [0, -1]',
    );
    expect(() => conv2d(images, weight, { dilation: 1.5 })).toThrow(/"dilation" must be .* got 1.5/);
    expect(() => conv2d(images, weight, { groups: Number.NaN })).toThrow(/"groups" must be .* got NaN/);
  });
});

describe('other layers refuse', () => {
  it('pooling', () => {
    expect(shapeError(() => maxPool2d(tensor(8, 10), 2))).toBe('maxPool2d: x must be images [N, C, H, W], got [8, 10]');
    expect(shapeError(() => maxPool2d(images, 3, { padding: 2 }))).toBe(
      'maxPool2d: padding [2, 2] must be at most half the kernel [3, 3]',
    );
    expect(shapeError(() => avgPool2d(tensor(1, 1, 4, 2), 3))).toBe(
      'avgPool2d: a kernel of width 3 needs at least 3 pixels, got 2',
    );
    expect(() => avgPool2d(images, 0)).toThrow('avgPool2d: "kernel" must be a whole number of 1 or more, got 0');
    expect(shapeError(() => globalAveragePool(tensor(1, 2, 0, 3)))).toBe(
      'globalAveragePool: x [1, 2, 0, 3] has no pixels',
    );
  });

  it('batch normalisation', () => {
    const four = tensor(4);
    expect(shapeError(() => batchNormTraining(images, four, tensor(3)))).toBe(
      'batchNormTraining: bias must be [4] for x [8, 4, 224, 224], got [3]',
    );
    expect(shapeError(() => batchNormTraining(tensor(1, 4, 1, 1), four, four))).toBe(
      'batchNormTraining: needs more than one value per channel, got x [1, 4, 1, 1]; use a larger batch',
    );
    expect(shapeError(() => batchNormInference(images, four, four, four, tensor(4, 1)))).toBe(
      'batchNormInference: variance must be [4] for x [8, 4, 224, 224], got [4, 1]',
    );
    expect(() => batchNormTraining(images, four, four, { eps: 0 })).toThrow(
      'batchNormTraining: "eps" must be a number above 0, got 0',
    );
  });

  it('products', () => {
    expect(shapeError(() => linear(tensor(8, 6), tensor(3, 5)))).toBe(
      'linear: weight [3, 5] needs 5 input features, got x [8, 6]',
    );
    expect(shapeError(() => linear(tensor(8, 5), tensor(5)))).toBe('linear: weight must be [out, in], got [5]');
    expect(shapeError(() => linear(tensor(8, 5), tensor(3, 5), tensor(5)))).toBe(
      'linear: bias must be [3] for weight [3, 5], got [5]',
    );
    expect(shapeError(() => linear(tensor(), tensor(3, 5)))).toMatch(/got x \[\]$/);
    expect(shapeError(() => matmul(tensor(2, 3), tensor(4, 2)))).toBe(
      'matmul: [2, 3] and [4, 2] do not fit: 3 columns against 4 rows',
    );
    expect(shapeError(() => matmul(tensor(), tensor(2)))).toBe('matmul: needs vectors or matrices, got [] and [2]');
    expect(shapeError(() => matmul(tensor(2, 2, 3), tensor(3, 3, 2)))).toMatch(/^matmul: shapes \[2\] and \[3\]/);
  });
});
