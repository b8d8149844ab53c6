import { describe, expect, it } from 'vitest';
import { Input, type Tensor } from '../graph/tensor.js';
import { interpret } from '../testing/interpreter.js';
import { constant } from './constants.js';
import { amax, mean, sum } from './reduce.js';
import { concat, expand, flatten, pad, permute, reshape, slice, transpose } from './shape.js';
import { logSoftmax, softmax } from './softmax.js';

const x = new Input('x', [2, 3]);
const counted = constant([1, 2, 3, 4, 5, 6], [2, 3]);
const values = (tensor: Tensor) => [...interpret([tensor])[0]!];

describe('values', () => {
  it('of rearrangements', () => {
    expect(values(transpose(counted, 0, -1))).toEqual([1, 4, 2, 5, 3, 6]);
    const permuted = permute(constant([1, 2, 3, 4, 5, 6], [1, 2, 3]), [2, 0, 1]);
    expect(permuted.shape).toEqual([3, 1, 2]);
    expect(values(permuted)).toEqual([1, 4, 2, 5, 3, 6]);
    expect(values(concat([counted, counted], 1))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(values(pad(counted, [1, 0, 0, 1]))).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0]);
    expect(values(expand(constant([1, 2], [2, 1]), [2, 2, 2]))).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it('of slices, with positions as in Python', () => {
    const line = constant([0, 1, 2, 3, 4, 5]);
    const cut = (start: number, end: number, step = 1) => values(slice(line, [start], [end], { steps: [step] }));
    expect(cut(1, 3)).toEqual([1, 2]);
    expect(cut(-2, 100)).toEqual([4, 5]);
    expect(cut(-100, -4)).toEqual([0, 1]);
    expect(cut(4, 2)).toEqual([]);
    expect(cut(1, 6, 2)).toEqual([1, 3, 5]);
    expect(cut(0, 4, 3)).toEqual([0, 3]);
    expect(values(slice(counted, [1], [2], { axes: [-1] }))).toEqual([2, 5]);
  });

  it('of reductions', () => {
    expect(values(sum(counted, { axes: [0] }))).toEqual([5, 7, 9]);
    expect(values(mean(counted, { axes: [-1] }))).toEqual([2, 5]);
    expect(values(amax(counted))).toEqual([6]);
    expect(sum(x, { keepDims: true }).shape).toEqual([1, 1]);
    expect(sum(x).shape).toEqual([]);
    expect(mean(new Input('x', [2, 3, 4]), { axes: [2, 0], keepDims: true }).producer?.attributes).toEqual({
      axes: [0, 2],
      keepdims: 1,
    });
    expect(values(sum(constant([], [0, 2])))).toEqual([0]);
  });

  it('of softmax stay finite for large logits', () => {
    const logits = constant([1000, 1001]);
    const p = 1 / (1 + Math.E);
    expect(values(softmax(logits))[0]).toBeCloseTo(p, 12);
    expect(values(logSoftmax(logits))[0]).toBeCloseTo(Math.log(p), 12);
  });
});

describe('what needs no operation', () => {
  it('returns the tensor itself', () => {
    const same = [reshape(x, [2, 3]), permute(x, [0, 1]), transpose(x, 1, 1), expand(x, [2, 3]), concat([x])];
    expect(same.concat([slice(x, [0], [9]), pad(x, [0, 0, 0, 0]), sum(x, { axes: [] })])).toEqual(new Array(8).fill(x));
    expect(sum(new Input('x', [2, 1]), { axes: [1] }).producer?.kind).toBe('Reshape');
  });
});

describe('shapes', () => {
  it('of reshape and flatten', () => {
    const images = new Input('images', [2, 3, 4, 5]);
    expect(reshape(images, [6, -1]).shape).toEqual([6, 20]);
    expect(flatten(images).shape).toEqual([120]);
    expect(flatten(images, 1).shape).toEqual([2, 60]);
    expect(flatten(images, 1, 2).shape).toEqual([2, 12, 5]);
    expect(flatten(new Input('x', [])).shape).toEqual([1]);
    expect(reshape(new Input('none', [0, 2]), [2, 0]).shape).toEqual([2, 0]);
  });
});

describe('errors', () => {
  it.each([
    [() => reshape(x, [4]), 'reshape: [2, 3] has 6 values, which do not fit [4]'],
    [() => reshape(x, [4, -1]), 'reshape: [2, 3] has 6 values, which do not fit [4, -1]'],
    [() => reshape(x, [-1, -1]), 'reshape: [2, 3] has 6 values, which do not fit [-1, -1]'],
    [() => reshape(x, [0, -1]), 'reshape: [2, 3] has 6 values, which do not fit [0, -1]'],
    [() => reshape(x, [-2, -3]), 'reshape: [2, 3] has 6 values, which do not fit [-2, -3]'],
    [() => flatten(x, 1, 0), 'flatten: startDim 1 must not come after endDim 0'],
    [() => permute(x, [0]), 'permute: dims must name each axis of [2, 3] once, got [0]'],
    [() => permute(x, [0, 0]), 'permute: dims must name each axis of [2, 3] once, got [0, 0]'],
    [
      () => transpose(x, 0, 2),
      'transpose: axis 2 does not exist in a tensor of rank 2; it must be a whole number from -2 to 1',
    ],
    [() => expand(x, [2, 6]), 'expand: [2, 3] cannot become [2, 6]; only axes of size 1 and new leading axes grow'],
    [() => expand(x, [3]), 'expand: [2, 3] cannot become [3]; only axes of size 1 and new leading axes grow'],
    [() => concat([]), 'concat: needs at least one tensor, got none'],
    [() => concat([x, new Input('y', [3, 3])], 1), 'concat: [2, 3] and [3, 3] may differ in axis 1 only'],
    [() => concat([x, new Input('y', [2])]), 'concat: [2, 3] and [2] may differ in axis 0 only'],
    [
      () => concat([x, new Input('y', [2, 3], 'int32')]),
      'concat: all tensors must have one dtype, got float32 and int32',
    ],
    [() => slice(x, [0], [1, 2]), 'slice: starts, ends, axes and steps must have one length, got 1, 2, 1 and 1'],
    [() => slice(x, [0], [1], { steps: [-1] }), 'slice: "steps" must be whole numbers of 1 or more, got -1'],
    [() => slice(x, [0, 0], [1, 1], { axes: [0, -2] }), 'slice: "axes" must name each axis once, got [0, -2]'],
    [() => pad(x, [1, 1]), 'pad: [2, 3] needs 4 whole numbers of 0 or more, got [1, 1]'],
    [() => pad(x, [0, 0, 0, -1]), 'pad: [2, 3] needs 4 whole numbers of 0 or more, got [0, 0, 0, -1]'],
    [() => sum(x, { axes: [0.5] }), /^sum: axis 0.5 does not exist in a tensor of rank 2/],
    [() => mean(x, { axes: [1, -1] }), 'mean: "axes" must name each axis once, got [1, -1]'],
    [() => mean(new Input('none', [0, 2])), 'mean: [0, 2] has no values along the reduced axes'],
    [() => sum(new Input('labels', [2], 'int32')), 'sum: "x" must be float32, got int32'],
    [() => softmax(new Input('x', [])), 'softmax: axis -1 does not exist in a tensor of rank 0; a scalar has no axes'],
  ] as const)('case %#', (build, message) => {
    expect(build).toThrow(message);
  });
});
