import { describe, expect, it } from 'vitest';
import { apply, Input, type Tensor, Variable } from '../graph/tensor.js';
import { batchNormTraining } from '../ops/batch-norm.js';
import { constant } from '../ops/constants.js';
import { conv2d } from '../ops/conv.js';
import { avgPool2d, maxPool2d } from '../ops/pool.js';
import { erf, softplus } from '../ops/unary.js';
import { interpret } from './interpreter.js';

const values = (tensor: Tensor) => [...interpret([tensor])[0]!];
const image = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);

/** Numbers worked out by hand or from tables: the interpreter is the reference, so nothing else checks it. */
describe('interpret', () => {
  it('convolves', () => {
    expect(values(conv2d(image, constant([1, 0, 0, -1], [1, 1, 2, 2])))).toEqual([-4, -4, -4, -4]);
    const ones = constant(new Array(9).fill(1), [1, 1, 3, 3]);
    expect(values(conv2d(image, ones, { padding: 1, stride: 2, bias: constant([0.5]) }))).toEqual([
      12.5, 16.5, 24.5, 28.5,
    ]);
    expect(values(conv2d(image, constant([1, 10], [1, 1, 1, 2]), { dilation: 2 }))).toEqual([31, 64, 97]);
  });

  it('convolves in groups', () => {
    const channels = constant([1, 2, 3, 4], [1, 4, 1, 1]);
    const weight = constant([1, 10, 100, 1000], [2, 2, 1, 1]);
    expect(values(conv2d(channels, weight, { groups: 2 }))).toEqual([21, 4300]);
  });

  it('pools', () => {
    expect(values(maxPool2d(constant([-1, -2, -3, -4], [1, 1, 2, 2]), 2, { padding: 1 }))).toEqual([-1, -2, -3, -4]);
    const padded = { padding: 1, stride: 2 };
    expect(values(avgPool2d(image, 2, padded))).toEqual([0.25, 1.25, 2.75, 7]);
    expect(values(avgPool2d(image, 2, { ...padded, countIncludePad: false }))).toEqual([1, 2.5, 5.5, 7]);
  });

  it('normalises with the biased variance', () => {
    const x = constant([1, 3, 10, 10, 2, 6, 10, 10], [2, 2, 1, 2]);
    const { output, mean, variance } = batchNormTraining(x, constant([1, 2]), constant([0, 5]), { eps: 1 });
    const [y, average, spread] = interpret([output, mean, variance]);
    expect([...average!]).toEqual([3, 10]);
    expect([...spread!]).toEqual([3.5, 0]);
    expect(y![0]).toBeCloseTo(-2 / Math.sqrt(4.5), 6);
    expect([...y!.slice(2, 4)]).toEqual([5, 5]);
  });

  it('keeps the precision of float64', () => {
    // Abramowitz and Stegun, table 7.1.
    expect(values(erf(constant([0.5, -2, 7])))).toEqual([
      expect.closeTo(0.5204998778, 10),
      expect.closeTo(-0.995322265, 10),
      1,
    ]);
    expect(values(softplus(constant([-100, 0, 800])))).toEqual([expect.closeTo(Math.exp(-100), 50), Math.LN2, 800]);
  });

  it('takes variables from their data unless they are fed', () => {
    const variable = new Variable('w', [2], Float32Array.of(1, 2));
    expect(values(variable)).toEqual([1, 2]);
    expect([...interpret([variable], new Map([[variable, [0.1, 0.2]]]))[0]!]).toEqual([0.1, 0.2]);
  });

  it('names what is missing or wrong', () => {
    const x = new Input('x', [2]);
    expect(() => interpret([x])).toThrow('input "x" has no values');
    expect(() => interpret([x], new Map([[x, [1]]]))).toThrow('a tensor [2] needs 2 values, got 1');
    expect(() => values(apply('Foo', [image], [1]))).toThrow('internal: the interpreter has no kernel for Foo');
    expect(() => values(apply('ReduceSum', [image], [5], { axes: [0] }))).toThrow(
      'internal: ReduceSum computed 9 values, the graph says [5]',
    );
  });
});
