import { describe, expect, it } from 'vitest';
import { vjp } from '../graph/gradients.js';
import { Input, type Tensor } from '../graph/tensor.js';
import { batchNormInference } from '../ops/batch-norm.js';
import { constant, stopGradient } from '../ops/constants.js';
import { add, div, equal, greater, less, maximum, minimum, mul, pow, sub, where } from '../ops/elementwise.js';
import { avgPool2d, globalAveragePool, maxPool2d } from '../ops/pool.js';
import { amax, mean, sum } from '../ops/reduce.js';
import { cast, concat, expand, flatten, pad, permute, reshape, slice } from '../ops/shape.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { exp, neg, relu, square } from '../ops/unary.js';
import { type Case, values } from '../testing/cases.js';
import { relativeError } from '../testing/finite-differences.js';
import { interpret } from '../testing/interpreter.js';
import { caseErrors, runOnRuntime } from '../testing/on-runtime.js';

const BOUND = 1e-5;

/** The same images, in the order of the lowering: a pool with a window of one pixel. */
const inside = (x: Tensor) => avgPool2d(x, 1);
const images = (shape: readonly number[], build: (x: Tensor) => Tensor): Pick<Case, 'inputs' | 'build'> => ({
  inputs: [values(shape)],
  build: (x) => build(inside(x)),
});

async function check(specification: Pick<Case, 'inputs' | 'build'>): Promise<void> {
  const errors = await caseErrors({ ...specification, name: '' });
  expect(Object.keys(errors)).toHaveLength(specification.inputs.length + 1);
  for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(BOUND);
}

const shapes = [
  ['several', [2, 3, 4, 5]],
  ['one image', [1, 3, 4, 5]],
  ['one channel', [2, 1, 4, 5]],
  ['one of each', [1, 1, 4, 5]],
  ['one pixel', [2, 3, 1, 1]],
] as const;

describe.each(shapes)('reductions of images, %s', (_, shape) => {
  const subsets = Array.from({ length: 15 }, (_, bits) => [0, 1, 2, 3].filter((axis) => (bits + 1) & (1 << axis)));
  const settings = subsets.flatMap((axes) => [false, true].map((keepDims) => ({ axes, keepDims })));
  it.each(settings)('sum and mean over $axes, keepDims $keepDims', async (options) => {
    await check(images(shape, (x) => sum(x, options)));
    await check(images(shape, (x) => mul(mean(x, options), 3)));
  });
  it('amax', () => check(images(shape, (x) => amax(x, { axes: [1, 2] }))));
});

describe.each(shapes)('broadcasting with images, %s', (_, shape) => {
  const [n, c, h, w] = shape;
  const partners = [[], [w], [h, 1], [h, w], [c, 1, 1], [1, 1, 1], [c, h, w], [1, c, 1, 1], [n, 1, 1, 1], [n, c, 1, 1]];
  it.each([...partners, [1, 1, h, w], [n, 1, h, w], shape].map((partner) => [partner]))('[%j]', async (partner) => {
    const inputs = [values(shape), values(partner, 0.5, 2)];
    await check({ inputs, build: (x, y) => mul(inside(x), y) });
    await check({ inputs, build: (x, y) => div(sub(y, inside(x)), y) });
    await check({ inputs, build: (x, y) => where(greater(inside(x), y), square(inside(x)), mul(y, 2)) });
  });
  it('images that are themselves stretched', () =>
    check({
      inputs: [values([n, c, 1, 1]), values([1, c, h, w])],
      build: (x, y) => add(mul(inside(x), inside(y)), inside(x)),
    }));
  it('a tensor of higher rank', () =>
    check({ inputs: [values(shape), values([2, 1, 1, 1, 1])], build: (x, y) => mul(inside(x), y) }));
});

describe.each(shapes)('operations on images, %s', (_, shape) => {
  const [n, c, h, w] = shape;
  const builds: Record<string, (x: Tensor) => Tensor> = {
    expand: (x) => expand(globalAveragePool(x), shape),
    'expand to a higher rank': (x) => expand(x, [2, ...shape]),
    'concat of channels': (x) => concat([x, mul(x, 2)], 1),
    'concat of images': (x) => concat([square(x), x], 0),
    'slice of channels and rows': (x) => slice(x, [0, 0], [1, 1], { axes: [1, 2] }),
    'slice with steps': (x) => slice(x, [0, 0], [h, w], { axes: [2, 3], steps: [2, 3] }),
    pad: (x) => pad(x, [0, 1, 2, 0, 1, 0, 0, 3]),
    permute: (x) => permute(x, [3, 1, 0, 2]),
    'permute the leading axes': (x) => mul(permute(x, [1, 0, 2, 3]), 2),
    flatten: (x) => mul(flatten(x, 1), 2),
    'reshape and back': (x) => mul(reshape(mul(reshape(x, [n * c, h * w]), 2), shape), x),
    'softmax over channels': (x) => softmax(x, 1),
    'softmax over the batch': (x) => softmax(x, 0),
    'logSoftmax over columns': (x) => logSoftmax(x),
    'relu, residual': (x) => relu(add(x, relu(neg(x)))),
    'minimum and maximum': (x) => minimum(maximum(x, -0.5), mul(x, x)),
    'power of a number': (x) => pow(add(square(x), 1), 1.5),
    'less and equal, cast': (x) => mul(add(cast(less(x, 0.3), 'float32'), cast(equal(x, x), 'float32')), x),
    stopGradient: (x) => mul(stopGradient(exp(x)), x),
    globalAveragePool: (x) => mul(globalAveragePool(x), 2),
  };
  it.each(Object.entries(builds))('%s', (_, build) => check(images(shape, build)));
  it('a constant among them', () =>
    check(
      images(shape, (x) =>
        mul(
          x,
          constant(
            Array.from({ length: n * c * h * w }, (_, i) => i / 7),
            shape,
          ),
        ),
      ),
    ));
  it('relu of plain images with a gradient from inside', () =>
    check({ inputs: [values(shape)], build: (x) => inside(relu(x)) }));
  it('a result that is used in both orders', () =>
    check(images(shape, (x) => add(reshape(square(x), [n, c * h * w]), mul(flatten(x, 1), sum(square(x)))))));
});

describe.each(shapes)('pooling, %s', (_, shape) => {
  const [, , h, w] = shape;
  const window = [Math.min(h, 3), Math.min(w, 2)] as const;
  const padding = [Math.floor(window[0] / 2), Math.floor(window[1] / 2)] as const;
  it('max', () => check(images(shape, (x) => maxPool2d(x, window, { stride: [2, 1], padding }))));
  it('max with ties', () => check(images(shape, (x) => maxPool2d(relu(sub(x, 0.5)), window, { stride: 1, padding }))));
  it.each([true, false])('average, countIncludePad %s', async (countIncludePad) => {
    await check(images(shape, (x) => avgPool2d(x, window, { stride: [2, 1], padding, countIncludePad })));
    await check({
      inputs: [values(shape)],
      build: (x) => avgPool2d(x, window, { stride: 1, padding, countIncludePad }),
    });
  });
});

describe('pooling with ties', () => {
  it('gives the gradient to the first of equal maxima, row by row', async () => {
    const x = new Input('x', [2, 2, 4, 4]);
    const dy = new Input('dy', [2, 2, 3, 3]);
    const [dx] = vjp([maxPool2d(x, 2, { stride: 1 })], [dy], [x]);
    const feeds = new Map([
      [x, Float32Array.from({ length: 64 }, (_, i) => (i * 7) % 3)],
      [dy, Float32Array.from({ length: 36 }, (_, i) => 2 ** (i % 9))],
    ]);
    const [actual] = await runOnRuntime([dx!], feeds);
    expect([...actual!]).toEqual([...interpret([dx!], feeds)[0]!]);
  });
});

describe('average pooling that leaves pixels over', () => {
  it.each([true, false])('countIncludePad %s', (countIncludePad) =>
    check(images([2, 3, 8, 10], (x) => avgPool2d(x, 3, { stride: [2, 4], padding: 1, countIncludePad }))),
  );
});

describe('frozen batch normalisation', () => {
  it.each(shapes)('%s', async (_, shape) => {
    const [, c] = shape;
    await check({
      inputs: [values(shape), values([c]), values([c])],
      build: (x, scale, bias) => {
        const running = [
          constant(Float32Array.from({ length: c }, (_, i) => i - 0.5)),
          constant(new Float32Array(c).fill(0.7)),
        ] as const;
        return relu(batchNormInference(inside(x), scale, bias, ...running, { eps: 1e-3 }));
      },
    });
  });
});

it('hands out images, and what is left of them, in their own order', async () => {
  const x = new Input('x', [2, 3, 4, 4]);
  const y = inside(x);
  const feeds = new Map([[x, Float32Array.from({ length: 96 }, (_, i) => i)]]);
  const targets = [
    y,
    stopGradient(y),
    mean(y, { axes: [2, 3] }),
    globalAveragePool(y),
    cast(greater(y, 40), 'float32'),
  ];
  const actual = await runOnRuntime(targets, feeds);
  for (const [i, expected] of interpret(targets, feeds).entries()) {
    expect(relativeError(actual[i]!, expected)).toBeLessThan(1e-6);
  }
});
