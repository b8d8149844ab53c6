import { describe, expect, it } from 'vitest';
import { Input, type Tensor } from '../graph/tensor.js';
import { interpret } from '../testing/interpreter.js';
import { constant } from './constants.js';
import { crossEntropy, l1Loss, mseLoss, type Reduction, smoothL1Loss } from './losses.js';

/** Compares to 6 significant digits: the graph's constants (1/3, 1/N) are float32. */
function expectValues(loss: Tensor, expected: number | readonly number[]): void {
  const wanted = typeof expected === 'number' ? [expected] : expected;
  expect(loss.shape).toEqual(typeof expected === 'number' ? [] : loss.shape);
  const [values] = interpret([loss]);
  expect(values).toHaveLength(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(values![i]! - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
  });
}

// Expected numbers: PyTorch 1.13 in float64 on the same inputs.
describe('crossEntropy', () => {
  const logits = constant([0.5, -1.25, 2, 1.5, 0.25, -0.75, -2, 3, 0.125, 0, 0.5, 1], [4, 3]);
  const labels = constant(Int32Array.of(2, 1, 0, 2));
  const weight = constant([0.5, 2, 1.25]);

  it.each<[string, { labelSmoothing?: number; weight?: Tensor }, Record<Reduction, number | number[]>]>([
    [
      'plain',
      {},
      { mean: 1.8887010766, sum: 7.5548043064, none: [0.2326219831, 1.5806726094, 5.0612400432, 0.6802696706] },
    ],
    [
      'class weights',
      { weight },
      { mean: 1.3666159615, sum: 6.8330798076, none: [0.2907774789, 3.1613452188, 2.5306200216, 0.8503370883] },
    ],
    [
      'label smoothing',
      { labelSmoothing: 0.125 },
      { mean: 1.8769823266, sum: 7.5079293064, none: [0.4305386498, 1.5702559427, 4.7643650432, 0.7427696706] },
    ],
    [
      'both',
      { labelSmoothing: 0.125, weight },
      { mean: 1.4045328509, sum: 7.0226642545, none: [0.5928608122, 3.0391988283, 2.4777675257, 0.9128370883] },
    ],
  ])('agrees with PyTorch: %s', (_, options, expected) => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      expectValues(crossEntropy(logits, labels, { ...options, reduction }), expected[reduction]);
    }
    expectValues(crossEntropy(logits, labels, options), expected.mean);
  });

  it('refuses what does not fit', () => {
    expect(() => crossEntropy(logits, constant(Int32Array.of(0, 1)))).toThrow(
      'crossEntropy: needs logits [N, C] and labels [N] with N and C of 1 or more, got [4, 3] and [2]',
    );
    expect(() => crossEntropy(constant([1, 2, 3, 4]), labels)).toThrow(/got \[4\] and \[4\]$/);
    expect(() => crossEntropy(new Input('x', [0, 3]), new Input('y', [0], 'int32'))).toThrow(/got \[0, 3\] and \[0\]$/);
    expect(() => crossEntropy(logits, constant([0, 1, 2, 0]))).toThrow(
      'crossEntropy: "labels" must be int32, got float32',
    );
    expect(() => crossEntropy(logits, labels, { weight: constant([1, 2]) })).toThrow(
      'crossEntropy: weight must be [3] for logits [4, 3], got [2]',
    );
    expect(() => crossEntropy(logits, labels, { labelSmoothing: 1.5 })).toThrow(
      'crossEntropy: "labelSmoothing" must be in [0, 1], got 1.5',
    );
    expect(() => crossEntropy(logits, labels, { labelSmoothing: Number.NaN })).toThrow(/got NaN$/);
  });
});

describe('losses of values', () => {
  const prediction = constant([0.5, -1.25, 3, 2], [2, 2]);
  const target = constant([0.25, 1, -1, 2], [2, 2]);

  it.each<[string, typeof mseLoss, Record<Reduction, number | number[]>]>([
    ['mseLoss', mseLoss, { mean: 5.28125, sum: 21.125, none: [0.0625, 5.0625, 16, 0] }],
    ['l1Loss', l1Loss, { mean: 1.625, sum: 6.5, none: [0.25, 2.25, 4, 0] }],
    ['smoothL1Loss', smoothL1Loss, { mean: 1.3203125, sum: 5.28125, none: [0.03125, 1.75, 3.5, 0] }],
    [
      'smoothL1Loss, beta 3',
      (p, t, options) => smoothL1Loss(p, t, { ...options, beta: 3 }),
      { mean: 0.8385416667, sum: 3.3541666667, none: [0.0104166667, 0.84375, 2.5, 0] },
    ],
    [
      'smoothL1Loss, beta 0',
      (p, t, options) => smoothL1Loss(p, t, { ...options, beta: 0 }),
      { mean: 1.625, sum: 6.5, none: [0.25, 2.25, 4, 0] },
    ],
  ])('agrees with PyTorch: %s', (_, loss, expected) => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      expectValues(loss(prediction, target, { reduction }), expected[reduction]);
    }
    expectValues(loss(prediction, target), expected.mean);
  });

  it('refuses what does not fit', () => {
    expect(() => mseLoss(prediction, constant([1, 2]))).toThrow(
      'mseLoss: prediction and target must have one shape, got [2, 2] and [2]',
    );
    expect(() => l1Loss(prediction, new Input('target', [2, 2], 'int32'))).toThrow(
      'l1Loss: "target" must be float32, got int32',
    );
    expect(() => smoothL1Loss(prediction, target, { beta: -1 })).toThrow(
      'smoothL1Loss: "beta" must be a number of 0 or more, got -1',
    );
    expect(() => mseLoss(prediction, target, { reduction: 'average' as Reduction })).toThrow(
      'mseLoss: "reduction" must be "mean", "sum" or "none", got "average"',
    );
  });
});
