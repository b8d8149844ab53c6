import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { encodeModel, type OnnxModel, type OnnxNode } from './model.js';

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof import('onnxruntime-node');

/** A model of the given nodes with one float input `x` and one float output `y`. */
function model(
  nodes: readonly OnnxNode[],
  x: readonly (number | string)[],
  y: readonly (number | string)[],
): OnnxModel {
  return {
    name: 'test',
    inputs: [{ name: 'x', shape: x, dtype: 'float32' }],
    outputs: [{ name: 'y', shape: y, dtype: 'float32' }],
    nodes,
    initializers: [],
  };
}

const node = (opType: string, attributes: OnnxNode['attributes'] = {}, inputs = ['x'], outputs = ['y']): OnnxNode => ({
  opType,
  inputs,
  outputs,
  attributes,
});

/** What the official binding makes of the model: the values and shape of its first output. */
async function run(description: OnnxModel, values: readonly number[], shape: readonly number[]) {
  const session = await ort.InferenceSession.create(encodeModel(description));
  try {
    const results = await session.run({
      [session.inputNames[0]!]: new ort.Tensor('float32', Float32Array.from(values), shape),
    });
    const { data, dims } = results[session.outputNames[0]!]!;
    return { values: Array.from(data as Float32Array), shape: [...dims] };
  } finally {
    await session.release();
  }
}

it('attributes carry their type: float, even when whole, integer, negative, list and string', async () => {
  const gemm = { ...node('Gemm', { alpha: 2, beta: 0.5, transB: 1 }, ['x', 'b', 'c']) };
  const withMatrices: OnnxModel = {
    ...model([gemm], [1, 2], [1, 2]),
    initializers: [
      { name: 'b', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: 'c', shape: [2], data: Float32Array.of(10, 20) },
    ],
  };
  expect((await run(withMatrices, [1, 1], [1, 2])).values).toEqual([11, 24]);
  expect(await run(model([node('Flatten', { axis: -1 })], [2, 3, 1], [6, 1]), [1, 2, 3, 4, 5, 6], [2, 3, 1])).toEqual({
    values: [1, 2, 3, 4, 5, 6],
    shape: [6, 1],
  });
  expect(
    (await run(model([node('Transpose', { perm: [1, 0] })], [2, 2], [2, 2]), [1, 2, 3, 4], [2, 2])).values,
  ).toEqual([1, 3, 2, 4]);
  const pool = node('MaxPool', { kernel_shape: [2], auto_pad: 'SAME_UPPER' });
  expect((await run(model([pool], [1, 1, 3], [1, 1, 3]), [1, 5, 2], [1, 1, 3])).values).toEqual([5, 5, 2]);
});

it('a float attribute that is a fraction, in a node that trains', async () => {
  const normalization = node(
    'BatchNormalization',
    { epsilon: 0.25, momentum: 0, training_mode: 1 },
    [...['x', 'scale', 'bias', 'mean', 'variance']],
    ['y', 'newMean', 'newVariance'],
  );
  const one = (name: string, value: number) => ({ name, shape: [1], data: Float32Array.of(value) });
  const description: OnnxModel = {
    ...model([normalization], [2, 1], [2, 1]),
    outputs: [
      { name: 'y', shape: [2, 1], dtype: 'float32' },
      { name: 'newMean', shape: [1], dtype: 'float32' },
      { name: 'newVariance', shape: [1], dtype: 'float32' },
    ],
    initializers: [one('scale', 2), one('bias', 1), one('mean', 7), one('variance', 8)],
  };
  const { values } = await run(description, [-1, 1], [2, 1]);
  expect(values[0]).toBeCloseTo(1 - 2 / Math.sqrt(1.25), 6);
  expect(values[1]).toBeCloseTo(1 + 2 / Math.sqrt(1.25), 6);
});

it('scalars, empty lists of dimensions, and whole numbers beyond 32 bits', async () => {
  const description: OnnxModel = {
    ...model([node('Mul', {}, ['x', 'two'], ['twice']), node('Reshape', {}, ['twice', 'empty'])], [1], []),
    initializers: [
      { name: 'two', shape: [], data: Float32Array.of(2) },
      { name: 'empty', shape: [0], data: new BigInt64Array(0) },
    ],
  };
  expect(await run(description, [21], [1])).toEqual({ values: [42], shape: [] });

  const sliced: OnnxModel = {
    ...model([node('Slice', {}, ['x', 'starts', 'ends'])], [4], [2]),
    initializers: [
      { name: 'starts', shape: [1], data: BigInt64Array.of(-2n) },
      { name: 'ends', shape: [1], data: BigInt64Array.of(2n ** 40n) },
    ],
  };
  expect((await run(sliced, [1, 2, 3, 4], [4])).values).toEqual([3, 4]);
});

it('initialisers without elements, and views of larger buffers', async () => {
  const buffer = Float32Array.of(9, 9, 1, 2, 9);
  const description: OnnxModel = {
    ...model([node('Concat', { axis: 0 }, ['x', 'none', 'part'])], [2], [4]),
    initializers: [
      { name: 'none', shape: [0], data: new Float32Array(0) },
      { name: 'part', shape: [2], data: buffer.subarray(2, 4) },
    ],
  };
  expect((await run(description, [5, 6], [2])).values).toEqual([5, 6, 1, 2]);
});

it('every element type, as inputs, initialisers and outputs', async () => {
  const description: OnnxModel = {
    name: 'types',
    inputs: [
      { name: 'i', shape: [2], dtype: 'int32' },
      { name: 'l', shape: [2], dtype: 'int64' },
      { name: 'b', shape: [2], dtype: 'bool' },
    ],
    outputs: [
      { name: 'i2', shape: [2], dtype: 'int32' },
      { name: 'l2', shape: [2], dtype: 'int64' },
      { name: 'b2', shape: [2], dtype: 'bool' },
    ],
    nodes: [
      node('Add', {}, ['i', 'ones'], ['i2']),
      node('Add', {}, ['l', 'big'], ['l2']),
      node('Not', {}, ['b'], ['b2']),
    ],
    initializers: [
      { name: 'ones', shape: [2], data: Int32Array.of(1, -1) },
      { name: 'big', shape: [], data: BigInt64Array.of(2n ** 50n) },
    ],
  };
  const session = await ort.InferenceSession.create(encodeModel(description));
  const results = await session.run({
    i: new ort.Tensor('int32', Int32Array.of(1, 2), [2]),
    l: new ort.Tensor('int64', BigInt64Array.of(1n, -1n), [2]),
    b: new ort.Tensor('bool', Uint8Array.of(1, 0), [2]),
  });
  expect([...(results.i2!.data as Int32Array)]).toEqual([2, 1]);
  expect([...(results.l2!.data as BigInt64Array)]).toEqual([2n ** 50n + 1n, 2n ** 50n - 1n]);
  expect([...(results.b2!.data as Uint8Array)]).toEqual([0, 1]);
  await session.release();
});

it('names in any script, also long ones', async () => {
  const long = 'n'.repeat(300);
  const description: OnnxModel = {
    name: 'graph ü',
    inputs: [{ name: 'Eingang größer 入力 🎼', shape: [2], dtype: 'float32' }],
    outputs: [{ name: 'выход', shape: [2], dtype: 'float32' }],
    nodes: [node('Neg', {}, ['Eingang größer 入力 🎼'], [long]), node('Abs', {}, [long], ['выход'])],
    initializers: [],
  };
  const session = await ort.InferenceSession.create(encodeModel(description));
  expect(session.inputNames).toEqual(['Eingang größer 入力 🎼']);
  expect(session.outputNames).toEqual(['выход']);
  await session.release();
  expect((await run(description, [1, -2], [2])).values).toEqual([1, 2]);
});

it('dimensions left open take any size', async () => {
  const description = model([node('Relu')], ['batch', 2], ['batch', 2]);
  for (const batch of [1, 3]) {
    const values = Array.from({ length: batch * 2 }, (_, i) => i - 1);
    expect(await run(description, values, [batch, 2])).toEqual({
      values: values.map((value) => Math.max(value, 0)),
      shape: [batch, 2],
    });
  }
});

it('operators of another domain', async () => {
  const fused: OnnxNode = { ...node('FusedMatMul', { alpha: 3, transB: 1 }, ['x', 'x']), domain: 'com.microsoft' };
  expect((await run(model([fused], [1, 2], [1, 1]), [1, 2], [1, 2])).values).toEqual([15]);
});

it('metadata lies in the file as pairs of key and value', () => {
  const plain = model([node('Relu')], [1], [1]);
  const bytes = Buffer.from(encodeModel({ ...plain, metadata: { classes: 'Käfer,猫', empty: '' } }));
  // metadata_props is field 14 of ModelProto; its entries hold key (1) and value (2), all length-delimited.
  const text = Buffer.from('Käfer,猫');
  const entry = Buffer.concat([Buffer.from([0x0a, 7]), Buffer.from('classes'), Buffer.from([0x12, text.length]), text]);
  expect(bytes.includes(Buffer.concat([Buffer.from([(14 << 3) | 2, entry.length]), entry]))).toBe(true);
  expect(bytes.length - encodeModel(plain).length).toBe(2 + entry.length + 2 + 2 + 'empty'.length + 2);
});
