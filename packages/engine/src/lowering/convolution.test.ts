import { describe, expect, it } from 'vitest';
import { type Conv2dOptions, conv2d } from '../ops/conv.js';
import { avgPool2d } from '../ops/pool.js';
import { values } from '../testing/cases.js';
import { caseErrors } from '../testing/on-runtime.js';

const BOUND = 1e-5;

type Setting = readonly [
  name: string,
  x: readonly number[],
  weight: readonly number[],
  options?: Omit<Conv2dOptions, 'bias'>,
];

/** On at most 64 pixels patches are gathered by a product, above that ONNX Runtime convolves. */
const settings: readonly Setting[] = [
  // product
  ['1x1', [2, 5, 9, 8], [7, 5, 1, 1]],
  ['1x1, stride 2, odd size', [2, 5, 9, 9], [7, 5, 1, 1], { stride: 2 }],
  ['1x1, stride 2, even size', [3, 4, 10, 12], [2, 4, 1, 1], { stride: 2 }],
  ['1x1, stride 3 and 2, pixels left over', [2, 3, 11, 8], [4, 3, 1, 1], { stride: [3, 2] }],
  ['1x1, stride along one axis', [2, 3, 9, 9], [4, 3, 1, 1], { stride: [1, 2] }],
  ['1x1, one pixel left by the stride', [2, 3, 2, 2], [4, 3, 1, 1], { stride: 2 }],
  ['1x1 on one pixel', [4, 3, 1, 1], [5, 3, 1, 1]],
  // selection
  ['selection, same size', [2, 3, 8, 8], [4, 3, 3, 3], { padding: 1 }],
  ['selection, stride 2', [2, 3, 8, 8], [4, 3, 3, 3], { padding: 1, stride: 2 }],
  ['selection, dilation 2', [2, 3, 7, 7], [4, 3, 3, 3], { padding: 2, dilation: 2 }],
  ['selection, everything unequal', [2, 3, 5, 9], [4, 3, 2, 3], { padding: [1, 2], stride: [2, 3], dilation: [3, 2] }],
  ['selection, padded 1x1', [2, 3, 4, 4], [4, 3, 1, 1], { padding: 1 }],
  ['selection, padding beyond the reach', [2, 3, 4, 4], [4, 3, 2, 2], { padding: 3 }],
  ['selection, one output pixel', [2, 3, 3, 3], [4, 3, 3, 3]],
  ['selection, one image of one channel', [1, 1, 6, 6], [1, 1, 3, 3], { padding: 1 }],
  // direct
  ['direct, same size', [2, 3, 9, 10], [4, 3, 3, 3], { padding: 1 }],
  ['direct, no padding', [2, 3, 9, 10], [4, 3, 3, 3]],
  ['direct, wide channels', [2, 17, 9, 9], [5, 17, 3, 3], { padding: 1 }],
  ['direct, wide channels, stride 2, odd size', [2, 16, 11, 9], [5, 16, 3, 3], { padding: 1, stride: 2 }],
  ['direct, wide channels, stride 2, even size', [2, 16, 10, 10], [5, 16, 3, 3], { padding: 1, stride: 2 }],
  ['direct, narrow channels, stride 2', [2, 3, 12, 10], [4, 3, 3, 3], { padding: 1, stride: 2 }],
  ['direct, stem 7x7, stride 2', [2, 3, 16, 16], [8, 3, 7, 7], { padding: 3, stride: 2 }],
  ['direct, stem 7x7, stride 2, odd size', [1, 3, 15, 17], [4, 3, 7, 7], { padding: 3, stride: 2 }],
  ['direct, dilation 2', [2, 3, 11, 10], [4, 3, 3, 3], { padding: 2, dilation: 2 }],
  ['direct, dilation 2, stride 2, wide', [1, 16, 11, 12], [3, 16, 3, 3], { padding: 2, dilation: 2, stride: 2 }],
  ['direct, everything unequal', [2, 3, 13, 9], [4, 3, 2, 3], { padding: [1, 2], stride: [3, 2], dilation: [2, 1] }],
  ['direct, stride beyond the kernel', [2, 3, 13, 12], [4, 3, 2, 2], { stride: 3 }],
  ['direct, padded 1x1', [2, 3, 9, 9], [4, 3, 1, 1], { padding: 1 }],
  ['direct, padded 1x1, stride 2', [2, 3, 9, 9], [4, 3, 1, 1], { padding: 1, stride: 2 }],
  ['direct, padding beyond the reach', [2, 3, 9, 9], [4, 3, 2, 2], { padding: 3 }],
  ['direct, padding beyond the reach along one axis', [2, 3, 9, 9], [4, 3, 3, 1], { padding: [1, 1] }],
  ['direct, one row kernel', [2, 3, 9, 9], [4, 3, 1, 5], { padding: [0, 2] }],
  ['direct, one image of one channel', [1, 1, 9, 9], [1, 1, 3, 3], { padding: 1 }],
  // groups, always direct
  ['groups', [2, 4, 9, 9], [6, 2, 3, 3], { padding: 1, groups: 2 }],
  ['groups, stride 2', [2, 4, 9, 10], [6, 2, 3, 3], { padding: 1, groups: 2, stride: 2 }],
  ['groups on few pixels', [2, 6, 4, 4], [3, 2, 3, 3], { padding: 1, groups: 3 }],
  ['groups of 1x1', [2, 4, 9, 9], [6, 2, 1, 1], { groups: 2 }],
  ['groups of 1x1, stride 2', [2, 4, 5, 5], [6, 2, 1, 1], { groups: 2, stride: 2 }],
  ['depthwise', [2, 5, 9, 9], [5, 1, 3, 3], { padding: 1, groups: 5 }],
  [
    'depthwise, multiplier 2, stride 2, dilation 2',
    [2, 3, 11, 11],
    [6, 1, 3, 3],
    { padding: 2, groups: 3, stride: 2, dilation: 2 },
  ],
];

const named = settings.map(([name, x, weight, options = {}]) => [name, { x, weight, options }] as const);

describe('convolution and its gradients on ONNX Runtime', () => {
  it.each(named)('%s', async (name, { x, weight, options }) => {
    const errors = await caseErrors({
      name,
      inputs: [values(x), values(weight), values([weight[0]!])],
      build: (x, w, bias) => conv2d(x, w, { ...options, bias }),
    });
    expect(Object.keys(errors)).toHaveLength(4);
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(BOUND);
  });

  it.each(named)('%s, inside a net, without bias', async (name, { x, weight, options }) => {
    // Pools with a window of one pixel do nothing but put their images into the order of the lowering.
    const errors = await caseErrors({
      name,
      inputs: [values(x), values(weight)],
      build: (x, w) => avgPool2d(conv2d(avgPool2d(x, 1), w, options), 1),
    });
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(BOUND);
  });
});
