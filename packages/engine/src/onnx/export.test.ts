import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Input, Variable } from '../graph/tensor.js';
import { batchNormInference } from '../ops/batch-norm.js';
import { conv2d } from '../ops/conv.js';
import { mul } from '../ops/elementwise.js';
import { linear } from '../ops/matmul.js';
import { globalAveragePool, maxPool2d } from '../ops/pool.js';
import { flatten } from '../ops/shape.js';
import { relu } from '../ops/unary.js';
import { compile } from '../program/compile.js';
import { describeOnnx, exportOnnx } from './export.js';
import { encodeModel } from './model.js';

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof import('onnxruntime-node');

const wave = (length: number, phase = 0) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase));
const variable = (name: string, shape: number[]) =>
  new Variable(
    name,
    shape,
    wave(
      shape.reduce((a, b) => a * b, 1),
      shape.length,
    ),
  );

describe('exportOnnx', () => {
  const weights = {
    conv: variable('conv', [6, 3, 3, 3]),
    scale: variable('scale', [6]),
    bias: variable('bias', [6]),
    mean: variable('mean', [6]),
    variance: new Variable(
      'variance',
      [6],
      wave(6).map((x) => 1 + x * x),
    ),
    head: variable('head', [4, 6]),
  };
  const build = (batch: number) => {
    const images = new Input('images', [batch, 3, 10, 10]);
    const { conv, scale, bias, mean, variance, head } = weights;
    const x = relu(batchNormInference(conv2d(images, conv, { padding: 1 }), scale, bias, mean, variance));
    const logits = linear(flatten(globalAveragePool(maxPool2d(x, 2)), 1), head);
    return { logits, doubled: mul(logits, 2) };
  };

  it('runs in the official binding with any batch size and agrees with the engine', async () => {
    const session = await ort.InferenceSession.create(exportOnnx(build, { metadata: { classes: 'a,b' } }));
    expect(session.inputNames).toEqual(['images']);
    expect([...session.outputNames].sort()).toEqual(['doubled', 'logits']);
    for (const batch of [1, 2, 5]) {
      const images = wave(batch * 300, batch);
      const program = await compile([{ name: 'infer', outputs: build(batch) }], { threads: 1 });
      const ours = (await program.run('infer', { images })).logits!;
      const theirs = await session.run({ images: new ort.Tensor('float32', images, [batch, 3, 10, 10]) });
      expect(theirs.logits!.dims).toEqual([batch, 4]);
      for (const [i, value] of (theirs.logits!.data as Float32Array).entries()) expect(value).toBeCloseTo(ours[i]!, 5);
      for (const [i, value] of (theirs.doubled!.data as Float32Array).entries()) {
        expect(value).toBeCloseTo(2 * ours[i]!, 5);
      }
      program.release();
    }
    await session.release();
  });

  it('describes a model that can get nodes of its own, with an input of bytes', async () => {
    const { inputs, nodes, outputs, ...rest } = describeOnnx((batch) => {
      const x = new Input('x', [batch, 2, 3]);
      return { y: mul(x, 2) };
    });
    expect(inputs).toEqual([{ name: 'x', shape: ['batch', 2, 3], dtype: 'float32' }]);
    const model = encodeModel({
      ...rest,
      inputs: [{ name: 'bytes', shape: ['batch', 2, 'any'], dtype: 'uint8' }],
      outputs: [{ name: 'z', shape: ['batch', 2, 'any'], dtype: 'float32' }],
      nodes: [
        { opType: 'Cast', inputs: ['bytes'], outputs: ['x'], attributes: { to: 1 } },
        ...nodes,
        { opType: 'Neg', inputs: [outputs[0]!.name], outputs: ['z'], attributes: {} },
      ],
    });
    const session = await ort.InferenceSession.create(model);
    const { z } = await session.run({
      bytes: new ort.Tensor('uint8', Uint8Array.of(0, 1, 2, 253, 254, 255), [1, 2, 3]),
    });
    expect([...(z!.data as Float32Array)].map((value) => value + 0)).toEqual([0, -2, -4, -506, -508, -510]);
    await session.release();
  });

  it('refuses a graph that depends on the batch size other than by its shapes', () => {
    expect(() => exportOnnx((batch) => ({ y: mul(new Input('x', [batch, 2]), batch) }))).toThrow(/batch size/);
  });
});
