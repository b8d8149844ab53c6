import { batchNormInference, batchNormTraining } from '../ops/batch-norm.js';
import { constant } from '../ops/constants.js';
import { type Conv2dOptions, conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { crossEntropy, l1Loss, mseLoss, smoothL1Loss } from '../ops/losses.js';
import { linear, matmul } from '../ops/matmul.js';
import { avgPool2d, globalAveragePool, maxPool2d } from '../ops/pool.js';
import { relu } from '../ops/unary.js';
import { type Case, values } from './cases.js';

function convolution(name: string, x: number[], w: number[], options: Omit<Conv2dOptions, 'bias'> = {}): Case {
  return {
    name: `conv2d, ${name}`,
    inputs: [values(x), values(w), values([w[0] ?? 0])],
    build: (x, w, bias) => conv2d(x, w, { ...options, bias }),
  };
}

const labels = constant(Int32Array.of(2, 0, 1, 2));
const classWeights = constant([0.5, 2, 1.25]);

export const layerCases: readonly Case[] = [
  convolution('1 x 1', [2, 3, 4, 4], [5, 3, 1, 1]),
  convolution('1 x 1, stride 2', [2, 3, 5, 4], [4, 3, 1, 1], { stride: 2 }),
  convolution('3 x 3, same size', [2, 3, 5, 5], [4, 3, 3, 3], { padding: 1 }),
  convolution('3 x 3, stride 2, odd size', [2, 2, 5, 7], [3, 2, 3, 3], { stride: 2, padding: 1 }),
  convolution('3 x 3, stride 2, even size', [2, 2, 6, 8], [3, 2, 3, 3], { stride: 2, padding: 1 }),
  convolution('7 x 7, stride 2', [1, 2, 9, 9], [2, 2, 7, 7], { stride: 2, padding: 3 }),
  convolution('dilation', [1, 2, 7, 7], [3, 2, 3, 3], { dilation: 2, padding: 2 }),
  convolution('groups', [2, 4, 4, 4], [6, 2, 3, 3], { groups: 2, padding: 1 }),
  convolution('depthwise', [2, 4, 5, 5], [4, 1, 3, 3], { groups: 4, padding: 1, stride: 2 }),
  convolution('everything unequal', [1, 4, 9, 8], [4, 2, 2, 3], {
    stride: [3, 2],
    padding: [1, 0],
    dilation: [2, 1],
    groups: 2,
  }),
  convolution('no padding, rows left over', [1, 1, 6, 6], [1, 1, 3, 3], { stride: 2 }),
  {
    name: 'conv2d, without bias, then relu and a residual',
    inputs: [values([2, 3, 4, 4]), values([3, 3, 3, 3])],
    build: (x, w) => relu(add(conv2d(x, w, { padding: 1 }), x)),
  },
  { name: 'maxPool2d', inputs: [values([2, 2, 4, 6])], build: (x) => maxPool2d(x, 2) },
  {
    name: 'maxPool2d, overlapping, padded',
    inputs: [values([2, 2, 7, 6])],
    build: (x) => maxPool2d(x, 3, { stride: 2, padding: 1 }),
  },
  { name: 'avgPool2d', inputs: [values([2, 2, 4, 6])], build: (x) => avgPool2d(x, 2) },
  {
    name: 'avgPool2d, overlapping, padding counted',
    inputs: [values([1, 2, 7, 6])],
    build: (x) => avgPool2d(x, 3, { stride: 2, padding: 1 }),
  },
  {
    name: 'avgPool2d, unequal, padding not counted',
    inputs: [values([1, 2, 5, 6])],
    build: (x) => avgPool2d(x, [3, 2], { stride: [1, 2], padding: [1, 1], countIncludePad: false }),
  },
  { name: 'globalAveragePool', inputs: [values([2, 3, 4, 5])], build: (x) => globalAveragePool(x) },
  {
    name: 'batchNormTraining',
    inputs: [values([3, 2, 4, 4]), values([2]), values([2])],
    build: (x, scale, bias) => batchNormTraining(x, scale, bias).output,
  },
  {
    name: 'batchNormTraining, eps 0.1, then relu',
    inputs: [values([2, 3, 2, 3]), values([3]), values([3])],
    build: (x, scale, bias) => relu(batchNormTraining(x, scale, bias, { eps: 0.1 }).output),
  },
  {
    name: 'batchNormInference',
    inputs: [values([2, 3, 2, 2]), values([3]), values([3])],
    build: (x, scale, bias) =>
      batchNormInference(x, scale, bias, constant([0.1, -0.2, 0.3]), constant([0.5, 1, 2]), { eps: 1e-3 }),
  },
  { name: 'linear', inputs: [values([4, 3]), values([5, 3]), values([5])], build: linear },
  { name: 'linear, no bias', inputs: [values([4, 3]), values([5, 3])], build: (x, w) => linear(x, w) },
  { name: 'linear, more axes', inputs: [values([2, 3, 4]), values([5, 4]), values([5])], build: linear },
  { name: 'matmul, matrices', inputs: [values([2, 3]), values([3, 4])], build: matmul },
  { name: 'matmul, broadcast stacks', inputs: [values([2, 1, 2, 3]), values([3, 3, 2])], build: matmul },
  { name: 'matmul, stack and matrix', inputs: [values([3, 2, 3]), values([3, 2])], build: matmul },
  { name: 'matmul, vectors', inputs: [values([3]), values([3])], build: matmul },
  { name: 'matmul, vector and stack', inputs: [values([3]), values([2, 3, 4])], build: matmul },
  { name: 'crossEntropy', inputs: [values([4, 3])], build: (x) => crossEntropy(x, labels) },
  {
    name: 'crossEntropy, weights and smoothing',
    inputs: [values([4, 3])],
    build: (x) => crossEntropy(x, labels, { weight: classWeights, labelSmoothing: 0.1 }),
  },
  {
    name: 'crossEntropy, none',
    inputs: [values([4, 3])],
    build: (x) => crossEntropy(x, labels, { reduction: 'none', labelSmoothing: 0.2 }),
  },
  { name: 'mseLoss', inputs: [values([3, 4]), values([3, 4])], build: (p, t) => mseLoss(p, t) },
  {
    name: 'l1Loss, sum',
    inputs: [values([3, 4]), values([3, 4])],
    build: (p, t) => l1Loss(p, t, { reduction: 'sum' }),
  },
  { name: 'smoothL1Loss', inputs: [values([3, 4]), values([3, 4])], build: (p, t) => smoothL1Loss(p, t) },
  {
    name: 'smoothL1Loss, beta 0.25, none',
    inputs: [values([3, 4]), values([3, 4])],
    build: (p, t) => smoothL1Loss(p, t, { beta: 0.25, reduction: 'none' }),
  },
  {
    name: 'weighted total of two losses on one trunk, weights constant',
    inputs: [values([4, 2]), values([3, 2]), values([4, 3])],
    build: (x, w, boxes) => {
      const features = linear(x, w);
      const [first, second] = [crossEntropy(features, labels), mseLoss(features, boxes)];
      return add(mul(first, 0.5), mul(second, 1e-3));
    },
  },
];
