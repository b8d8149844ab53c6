import { constant } from '../ops/constants.js';
import { mul } from '../ops/elementwise.js';
import { amax, mean, sum } from '../ops/reduce.js';
import { concat, expand, flatten, pad, permute, reshape, slice, transpose } from '../ops/shape.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { type Case, values } from './cases.js';

export const shapeCases: readonly Case[] = [
  { name: 'reshape', inputs: [values([2, 6])], build: (x) => reshape(x, [3, -1]) },
  { name: 'flatten, from axis 1', inputs: [values([2, 3, 2, 2])], build: (x) => flatten(x, 1) },
  { name: 'transpose', inputs: [values([2, 3])], build: (x) => transpose(x, 0, 1) },
  { name: 'permute, a cycle', inputs: [values([2, 3, 4])], build: (x) => permute(x, [2, 0, 1]) },
  { name: 'permute, images', inputs: [values([2, 3, 4, 5])], build: (x) => permute(x, [1, 0, 2, 3]) },
  { name: 'expand, inner and leading', inputs: [values([3, 1])], build: (x) => expand(x, [2, 3, 4]) },
  { name: 'expand, scalar', inputs: [values([])], build: (x) => expand(x, [2, 3]) },
  {
    name: 'concat, axis 1',
    inputs: [values([2, 1, 2]), values([2, 3, 2]), values([2, 2, 2])],
    build: (...parts) => concat(parts, 1),
  },
  { name: 'concat, twice the same', inputs: [values([2, 2])], build: (x) => concat([x, x], -1) },
  { name: 'slice, inner part', inputs: [values([4, 5])], build: (x) => slice(x, [1, -3], [3, 5]) },
  { name: 'slice, one channel', inputs: [values([2, 3, 4, 4])], build: (x) => slice(x, [1], [2], { axes: [1] }) },
  {
    name: 'slice, steps',
    inputs: [values([7, 6])],
    build: (x) => slice(x, [1, 0], [7, 5], { axes: [1, 0], steps: [2, 3] }),
  },
  {
    name: 'slice, step that ends before the end',
    inputs: [values([8])],
    build: (x) => slice(x, [1], [5], { steps: [3] }),
  },
  { name: 'pad', inputs: [values([2, 3])], build: (x) => pad(x, [1, 0, 2, 1]) },
  { name: 'sum, all', inputs: [values([2, 3])], build: (x) => sum(x) },
  { name: 'sum, over images', inputs: [values([2, 3, 4, 4])], build: (x) => sum(x, { axes: [0, 2, 3] }) },
  {
    name: 'sum, axes kept',
    inputs: [values([2, 3, 4])],
    build: (x) => mul(sum(x, { axes: [-1], keepDims: true }), constant([1, 2, 3], [3, 1])),
  },
  { name: 'mean, all', inputs: [values([3, 7])], build: (x) => mean(x) },
  { name: 'mean, middle axis', inputs: [values([2, 3, 4])], build: (x) => mean(x, { axes: [1] }) },
  { name: 'amax, rows', inputs: [values([3, 4])], build: (x) => amax(x, { axes: [1] }) },
  { name: 'amax, all, kept', inputs: [values([3, 4])], build: (x) => amax(x, { keepDims: true }) },
  { name: 'softmax', inputs: [values([3, 4])], build: (x) => softmax(x) },
  { name: 'softmax, first axis', inputs: [values([3, 4])], build: (x) => softmax(x, 0) },
  { name: 'logSoftmax', inputs: [values([3, 4])], build: (x) => logSoftmax(x) },
  { name: 'logSoftmax, channels', inputs: [values([2, 3, 2, 2])], build: (x) => logSoftmax(x, 1) },
];
