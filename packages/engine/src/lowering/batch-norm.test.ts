import { describe, expect, it } from 'vitest';
import { vjp } from '../graph/gradients.js';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { batchNormTraining } from '../ops/batch-norm.js';
import { constant } from '../ops/constants.js';
import { conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { relu } from '../ops/unary.js';
import { compile } from '../program/compile.js';
import { values } from '../testing/cases.js';
import { relativeError } from '../testing/finite-differences.js';
import { interpret } from '../testing/interpreter.js';
import { caseErrors, runOnRuntime } from '../testing/on-runtime.js';
import { uniform } from '../testing/random.js';

/** Normally distributed, by Box and Muller's transformation. */
function normal(length: number, mean: number, deviation: number): Float32Array {
  const random = uniform(7);
  return Float32Array.from(
    { length },
    () => mean + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

describe('batch normalisation in training, on ONNX Runtime', () => {
  const shapes = [
    [3, 4, 5, 6],
    [1, 4, 5, 6],
    [3, 1, 5, 6],
    [6, 4, 1, 1],
    [1, 1, 3, 3],
  ];
  it.each(shapes.map((shape) => [shape]))('of images %j, forward and all gradients', async (shape) => {
    const c = shape[1]!;
    const errors = await caseErrors({
      name: 'batch norm',
      inputs: [values(shape), values([c]), values([c])],
      build: (x, scale, bias) => relu(batchNormTraining(x, scale, bias).output),
    });
    expect(Object.keys(errors)).toHaveLength(4);
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(1e-5);
  });

  it('hands out its statistics, whoever else uses them', async () => {
    const x = new Input('x', [2, 3, 4, 4]);
    const { output, mean, variance } = batchNormTraining(x, constant([1, 2, 3]), constant([0, 0, 1]));
    const feeds = new Map([[x, normal(x.size, 3, 1)]]);
    const combinations: Tensor[][] = [
      [mean],
      [variance],
      [mul(mean, 2)],
      [mul(variance, 2)],
      [mean, mul(variance, 2)],
      [mul(mean, variance), mean],
      [output, mul(mean, 2), mul(variance, 2)],
    ];
    for (const targets of combinations) {
      const actual = await runOnRuntime(targets, feeds);
      for (const [i, expected] of interpret(targets, feeds).entries()) {
        expect(relativeError(actual[i]!, expected)).toBeLessThan(1e-6);
      }
    }
  });

  // Equal layers in one model: the runtime writes batch statistics over its "running" inputs, which must not be shared.
  it('keeps the statistics of many layers with equal scales apart', async () => {
    const x = new Input('x', [2, 4, 5, 5]);
    const [scale, bias] = [new Input('scale', [4]), new Input('bias', [4])];
    const kernels = [1, 2, 3].map((i) => constant(normal(4 * 4, i / 4, 0.5), [4, 4, 1, 1]));
    const layers = kernels.reduce<Tensor>((y, kernel) => batchNormTraining(conv2d(y, kernel), scale, bias).output, x);
    const dy = new Input('dy', x.shape);
    const targets = [layers, ...vjp([layers], [dy], [x, scale, bias])] as Tensor[];
    const feeds = new Map([
      [x, normal(x.size, 1, 2)],
      [dy, normal(x.size, 0.2, 1).reverse()],
      [scale, Float32Array.of(1, 1, 0.5, 2)],
      [bias, Float32Array.of(0, 0, 1, 0)],
    ]);
    const actual = await runOnRuntime(targets, feeds);
    for (const [i, expected] of interpret(targets, feeds).entries()) {
      expect(relativeError(actual[i]!, expected)).toBeLessThan(2e-5);
    }
  });

  it.each(['variable', 'constant'])('leaves a scale that is a %s alone', async (kind) => {
    const x = new Input('x', [2, 3, 4, 4]);
    const data = Float32Array.of(1, 2, 3);
    const scale = kind === 'variable' ? new Variable('scale', [3], data) : constant(data);
    const bias = new Variable('bias', [3], Float32Array.of(4, 5, 6));
    const { output, mean, variance } = batchNormTraining(x, scale, bias);
    const program = await compile([{ name: 'run', outputs: { output, sum: add(mul(mean, 2), mul(variance, 3)) } }]);
    await program.run('run', { x: normal(x.size, 5, 2) });
    expect([...data, ...bias.data]).toEqual([1, 2, 3, 4, 5, 6]);
    program.release();
  });

  it('forgets a batch that was not finite', async () => {
    const x = new Input('x', [2, 3, 4, 4]);
    const scale = new Variable('scale', [3], Float32Array.of(1, 2, 3));
    const { output, mean, variance } = batchNormTraining(x, scale, constant([0, 0, 1]));
    const program = await compile([{ name: 'run', outputs: { output, m: mul(mean, 2), v: mul(variance, 2) } }]);
    const batch = normal(x.size, 5, 2);
    const snapshot = async (fed: Float32Array) =>
      Object.values(await program.run('run', { x: fed })).flatMap((result) => [...result]);
    const before = await snapshot(batch);
    expect((await snapshot(new Float32Array(x.size).fill(Infinity))).some(Number.isNaN)).toBe(true);
    expect(await snapshot(batch)).toEqual(before);
    program.release();
  });

  /**
   * With |mean| far above the deviation, sum dy x - mean sum dy cancels. PyTorch 1.13's float32 is at 1e-6, 7e-8, 1e-6 and
   * 1e-7 for mean 30: the gradient for scale is where the formula costs digits.
   */
  it.each([
    [3, 1e-6, 1e-6, 2e-5],
    [30, 2e-5, 5e-6, 5e-4],
    [100, 1e-4, 2e-5, 2e-3],
  ])('with mean %d and deviation 1', async (center, forOutput, forX, forScale) => {
    const x = new Input('x', [8, 4, 28, 28]);
    const [scale, bias, dy] = [new Input('scale', [4]), new Input('bias', [4]), new Input('dy', x.shape)];
    const { output } = batchNormTraining(x, scale, bias);
    const targets = [output, ...vjp([output], [dy], [x, scale, bias])] as Tensor[];
    const feeds = new Map([
      [x, normal(x.size, center, 1)],
      [dy, normal(x.size, 0, 1).reverse()],
      [scale, Float32Array.of(1, 1.1, 0.9, 1.2)],
      [bias, Float32Array.of(0.3, -1, 2, 0.5)],
    ]);
    const actual = await runOnRuntime(targets, feeds);
    const expected = interpret(targets, feeds);
    const [errorOfOutput, errorForX, errorForScale, errorForBias] = actual.map((x, i) =>
      relativeError(x, expected[i]!),
    );
    expect(errorOfOutput).toBeLessThan(forOutput);
    expect(errorForX).toBeLessThan(forX);
    expect(errorForScale).toBeLessThan(forScale);
    expect(errorForBias).toBeLessThan(2e-6);
  });
});
