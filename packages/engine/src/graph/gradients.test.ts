import { describe, expect, it } from 'vitest';
import { batchNormTraining } from '../ops/batch-norm.js';
import { constant, stopGradient } from '../ops/constants.js';
import { conv2d } from '../ops/conv.js';
import { add, greater, maximum, minimum, mul, pow, where } from '../ops/elementwise.js';
import { crossEntropy } from '../ops/losses.js';
import { linear } from '../ops/matmul.js';
import { maxPool2d } from '../ops/pool.js';
import { amax, mean, sum } from '../ops/reduce.js';
import { cast } from '../ops/shape.js';
import { relu, sign, square } from '../ops/unary.js';
import { interpret } from '../testing/interpreter.js';
import { gradients, vjp } from './gradients.js';
import { apply, Constant, Input, type Tensor } from './tensor.js';
import { operationsBefore } from './traverse.js';

const kinds = (...targets: (Tensor | undefined)[]) =>
  operationsBefore(targets.map((target) => target!)).map((op) => op.kind);

function gradientValues(output: Tensor, wrt: Input, values: number[]): number[] {
  const [gradient] = gradients(output, [wrt]);
  return [...interpret([gradient!], new Map([[wrt, values]]))[0]!];
}

describe('gradients', () => {
  it('gives undefined for a tensor that the output does not depend on', () => {
    const [x, y] = [new Input('x', [3]), new Input('y', [3])];
    const [forX, forY] = gradients(sum(square(x)), [x, y]);
    expect(forX).toBeDefined();
    expect(forY).toBeUndefined();
  });

  it('gives the seed for the output itself', () => {
    const x = new Input('x', []);
    expect(interpret([gradients(x, [x])[0]!])[0]).toEqual(Float64Array.of(1));
    const seed = constant([0.25], []);
    expect(gradients(x, [x], { seed })).toEqual([seed]);
  });

  it('starts from a seed', () => {
    const [x, weight] = [new Input('x', [2]), new Input('weight', [])];
    const [gradient] = gradients(sum(square(x)), [x], { seed: weight });
    const feeds = new Map([
      [x, [1, 2]],
      [weight, [10]],
    ]);
    expect([...interpret([gradient!], feeds)[0]!]).toEqual([20, 40]);
  });

  it('differentiates for an intermediate tensor and for what lies before it', () => {
    const x = new Input('x', [2]);
    const features = mul(x, 3);
    const [forFeatures, forX] = gradients(sum(square(features)), [features, x]);
    const [a, b] = interpret([forFeatures!, forX!], new Map([[x, [1, 2]]]));
    expect([...a!]).toEqual([6, 12]);
    expect([...b!]).toEqual([18, 36]);
  });

  it('adds what comes along several paths', () => {
    const x = new Input('x', [1]);
    const y = mul(x, 2);
    expect(gradientValues(sum(add(add(y, x), mul(y, y))), x, [5])).toEqual([2 + 1 + 8 * 5]);
  });

  it('can be taken again', () => {
    const x = new Input('x', [2]);
    const [first] = gradients(sum(pow(x, 3)), [x]);
    expect(gradientValues(sum(first!), x, [2, -1])).toEqual([12, -6]);
  });

  it('sees a stopped factor as a constant', () => {
    const x = new Input('x', [2]);
    expect(gradientValues(sum(mul(x, stopGradient(x))), x, [3, 4])).toEqual([3, 4]);
    expect(gradients(sum(stopGradient(square(x))), [x])).toEqual([undefined]);
  });

  it('passes through no step, comparison or conversion', () => {
    const x = new Input('x', [2]);
    expect(gradients(sum(sign(x)), [x])).toEqual([undefined]);
    expect(gradients(sum(cast(greater(x, 0), 'float32')), [x])).toEqual([undefined]);
    expect(gradients(sum(cast(cast(x, 'int32'), 'float32')), [x])).toEqual([undefined]);
  });

  it("follows PyTorch's rules at ties and kinks", () => {
    const x = new Input('x', [4]);
    const at = [0, 1, 2, 2];
    expect(gradientValues(sum(relu(x)), x, at)).toEqual([0, 1, 1, 1]);
    expect(gradientValues(sum(maximum(x, 1)), x, at)).toEqual([0, 0.5, 1, 1]);
    expect(gradientValues(sum(minimum(x, 1)), x, at)).toEqual([1, 0.5, 0, 0]);
    expect(gradientValues(amax(x), x, at)).toEqual([0, 0, 0.5, 0.5]);
    const image = new Input('image', [1, 1, 2, 3]);
    expect(gradientValues(sum(maxPool2d(image, [2, 3])), image, [1, 7, 7, 0, 7, 2])).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('is finite where the exponents of pow meet a base of 0', () => {
    const [base, exponent] = [new Input('base', [3]), new Input('exponent', [3])];
    const [forBase, forExponent] = gradients(sum(pow(base, exponent)), [base, exponent]);
    const feeds = new Map([
      [base, [0, 0, 2]],
      [exponent, [0, 2, 0]],
    ]);
    const [a, b] = interpret([forBase!, forExponent!], feeds);
    expect([...a!]).toEqual([0, 0, 0]);
    expect([...b!]).toEqual([0, 0, Math.log(2)]);
  });
});

describe('vjp', () => {
  it('sums over several outputs', () => {
    const x = new Input('x', [2]);
    const [gradient] = vjp([mul(x, 2), square(x)], [constant([1, 10]), constant([100, 1000])], [x]);
    expect([...interpret([gradient!], new Map([[x, [1, 3]]]))[0]!]).toEqual([2 + 200, 20 + 6000]);
  });
});

describe('errors', () => {
  const x = new Input('x', [2, 3]);

  it('asks for one element', () => {
    expect(() => gradients(x, [x])).toThrow(
      'gradients: the output must have one element, got [2, 3]; reduce it with sum or mean',
    );
  });

  it('names a cotangent of the wrong shape, number or dtype', () => {
    expect(() => vjp([x], [constant([1])], [x])).toThrow(
      'vjp: the cotangent of an output [2, 3] must have its shape, got [1]',
    );
    expect(() => vjp([x], [], [x])).toThrow('vjp: 1 outputs need as many cotangents, got 0');
    const labels = new Input('labels', [2], 'int32');
    expect(() => gradients(sum(x), [labels])).toThrow('gradients need float32 tensors, got int32');
  });

  it('names an operation without a rule, but only on the way', () => {
    const unknown = sum(apply('Foo', [x], [2, 3]));
    expect(() => gradients(unknown, [x])).toThrow('no gradient rule for Foo');
    const other = new Input('other', [2, 3]);
    expect(gradients(add(unknown, sum(other)), [other])).toHaveLength(1);
  });

  it('refuses gradients through batch statistics and second gradients of batch normalisation', () => {
    const images = new Input('images', [2, 3, 4, 4]);
    const [scale, bias] = [new Input('scale', [3]), new Input('bias', [3])];
    const { output, mean: average } = batchNormTraining(images, scale, bias);
    expect(() => gradients(sum(average), [images])).toThrow(
      'no gradient passes through result 1 of BatchNormTraining; wrap it in stopGradient',
    );
    expect(gradients(add(sum(output), sum(stopGradient(average))), [images])[0]).toBeDefined();
    const [first] = gradients(sum(square(output)), [images]);
    expect(() => gradients(sum(square(first!)), [images])).toThrow('no gradient rule for BatchNormTrainingGrad');
  });
});

describe('size of the backward graph', () => {
  it('has one operation per gradient in a convolutional block, and none for the images', () => {
    const images = new Input('images', [2, 3, 8, 8]);
    const weights = [new Input('w0', [4, 3, 3, 3]), new Input('w1', [4, 4, 3, 3])];
    const [scale, bias] = [new Input('scale', [4]), new Input('bias', [4])];
    const block = (x: Tensor, w: Tensor) => relu(batchNormTraining(conv2d(x, w, { padding: 1 }), scale, bias).output);
    const y = block(block(images, weights[0]!), weights[1]!);
    const forward = kinds(y);
    const backward = kinds(...vjp([y], [new Input('dy', y.shape)], weights));
    const added = backward.slice();
    for (const kind of forward) added.splice(added.indexOf(kind), 1);
    expect(added.sort()).toEqual(
      ['ReluGrad', 'BatchNormTrainingGrad', 'ConvWeightGrad', 'ConvInputGrad', 'ReluGrad', 'BatchNormTrainingGrad']
        .concat('ConvWeightGrad')
        .sort(),
    );
  });

  it('folds the seed of a mean into one constant', () => {
    const x = new Input('x', [4]);
    const [gradient] = gradients(mean(x), [x]);
    expect(kinds(gradient)).toEqual(['Expand']);
    const source = gradient!.producer!.inputs[0] as Constant;
    expect(source).toBeInstanceOf(Constant);
    expect(source.data[0]).toBe(0.25);
  });

  it('needs no more than a few operations behind a cross-entropy', () => {
    const [x, w, b] = [new Input('x', [4, 5]), new Input('w', [3, 5]), new Input('b', [3])];
    const loss = crossEntropy(linear(x, w, b), constant(Int32Array.of(0, 1, 2, 0)));
    const forward = kinds(loss);
    expect(forward).toEqual(['Reshape', 'Equal', 'Cast', 'Gemm', 'LogSoftmax', 'Mul', 'ReduceSum', 'Mul']);
    // Softmax: Expand, Mul, ReduceSum, Exp, Mul, Sub; linear: Gemm for the weight, ReduceSum for the bias.
    expect(kinds(...gradients(loss, [w, b])).length - (forward.length - 3)).toBe(8);
  });

  it('skips operations that no wanted gradient needs', () => {
    const [a, b] = [new Input('a', [2]), new Input('b', [2])];
    const [gradient] = gradients(sum(where(greater(a, b), mul(a, b), b)), [a]);
    expect(kinds(gradient).filter((kind) => kind === 'Where')).toHaveLength(1);
  });
});
