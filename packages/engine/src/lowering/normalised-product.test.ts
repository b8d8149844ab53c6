import { describe, expect, it } from 'vitest';
import { gradients } from '../graph/gradients.js';
import { Variable } from '../graph/tensor.js';
import { batchNormTraining } from '../ops/batch-norm.js';
import { constant } from '../ops/constants.js';
import { conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { relu } from '../ops/unary.js';
import { partition } from '../program/partition.js';
import { type Case, values } from '../testing/cases.js';
import { caseErrors } from '../testing/on-runtime.js';
import { lower, trainingRules } from './lower.js';

/** 3 -> 16 channels over 4 x 6 x 6 pixels: few channels in, many out, many pixels. */
const inputs = [values([4, 3, 6, 6]), values([16, 3, 1, 1]), values([16], 0.5, 2), values([16])];
const normalised =
  (stride: number): Case['build'] =>
  (x, w, scale, bias) =>
    batchNormTraining(conv2d(x!, w!, { stride }), scale!, bias!).output;

const cases: Case[] = [
  { name: 'the bare pair', inputs, build: normalised(1) },
  { name: 'with a stride', inputs, build: normalised(2) },
  { name: 'before a ReLU', inputs, build: (...tensors) => relu(normalised(1)(...tensors)) },
  {
    name: 'the convolution used twice',
    inputs,
    build: (x, w, scale, bias) => {
      const product = conv2d(x!, w!);
      return add(batchNormTraining(product, scale!, bias!).output, mul(product, 0.5));
    },
  },
  {
    name: 'one weight in two convolutions',
    inputs,
    build: (x, w, scale, bias) =>
      add(normalised(1)(x!, w!, scale!, bias!), normalised(1)(mul(x!, 2), w!, scale!, bias!)),
  },
  {
    name: 'one input of two convolutions',
    inputs,
    build: (x, w, scale, bias) =>
      add(normalised(1)(x!, w!, scale!, bias!), normalised(1)(x!, mul(w!, w!), scale!, bias!)),
  },
  {
    name: 'with a bias, which is not taken as a product',
    inputs,
    build: (x, w, scale, bias) => batchNormTraining(conv2d(x!, w!, { bias: bias! }), scale!, bias!).output,
  },
];

describe('batch normalisation behind a 1x1 convolution', () => {
  it.each(cases)('$name: values and gradients', async (specification) => {
    for (const [name, error] of Object.entries(await caseErrors(specification, 1e-3))) {
      expect(error, name).toBeLessThan(1e-5);
    }
  });

  it('keeps neither the convolution nor its gradient where products are cheaper', () => {
    const variable = (shape: number[]) =>
      new Variable('v', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5));
    const [x, w, scale, bias] = [variable([4, 3, 6, 6]), variable([16, 3, 1, 1]), variable([16]), variable([16])];
    const y = batchNormTraining(conv2d(mul(x!, 2), w!), scale!, bias!).output;
    const weights = constant(new Float32Array(y.size).fill(1), y.shape);
    const loss = sum(mul(y, weights));
    const [dw] = gradients(loss, [w!]);
    const layouts = lower([loss, dw!], trainingRules);
    const phases = [loss, dw!].map((tensor, i) => ({ name: `phase ${i}`, targets: [layouts.plainOf(tensor)] }));
    const [forward] = partition(phases);
    expect(forward!.outputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1))).not.toContain(16 * 4 * 36);
  });
});
