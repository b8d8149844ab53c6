import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { isEventLoopFree } from './event-loop.test.helper.js';
import { createSession, liveNativeObjects, type TensorData, type TensorView } from './index.js';
import { addModel, affineModel, BOOL, chainModel, encodeModel, INT32, INT64, UINT8 } from './models.test.helper.js';

afterEach(() => expect(liveNativeObjects()).toBe(0));

const view = (data: TensorData, shape: number[] = [data.length]): TensorView => ({ data, shape });
const floats = (...values: number[]) => view(Float32Array.from(values));

test.each([
  ['float32', 1, Float32Array.of(1.5, -2), new Float32Array(2)],
  ['int32', INT32, Int32Array.of(7, -(2 ** 31)), new Int32Array(2)],
  ['int64', INT64, BigInt64Array.of(7n, -(2n ** 63n)), new BigInt64Array(2)],
  ['uint8', UINT8, Uint8Array.of(7, 255), new Uint8Array(2)],
  ['bool', BOOL, Uint8Array.of(1, 0), Uint8Array.of(0, 1)],
] as const)('carries %s', async (_, type, data, copy) => {
  const session = await createSession(
    encodeModel({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type, shape: [2] }],
      outputs: [{ name: 'y', type, shape: [2] }],
    }),
  );
  await session.bind({ inputs: { x: view(data) }, outputs: { y: view(copy) } }).run();
  expect(copy).toEqual(data);
  session.release();
});

test('reads inputs and writes outputs in place at every run', async () => {
  const session = await createSession(addModel(2));
  const p = Float32Array.of(1, 2);
  const q = floats(0, 0);
  const binding = session.bind({ inputs: { p: view(p), d: floats(10, 20) }, outputs: { q } });
  await binding.run();
  expect([...q.data]).toEqual([11, 22]);
  p.set([5, 6]);
  await binding.run();
  expect([...q.data]).toEqual([15, 26]);
  session.release();
});

test('updates in place when an output lies over an input', async () => {
  const n = 100_000;
  const session = await createSession(addModel(n));
  const p = view(new Float32Array(n));
  const binding = session.bind({ inputs: { p, d: view(new Float32Array(n).fill(0.5)) }, outputs: { q: p } });
  for (let step = 0; step < 3; step++) await binding.run();
  binding.runSync();
  expect(p.data.every((value) => value === 2)).toBe(true);
  session.release();
});

test('hands memory from one session to the next without a copy, in another shape', async () => {
  const first = await createSession(addModel(6));
  const second = await createSession(affineModel(2, 3, 1));
  const shared = new Float32Array(6);
  const y = floats(0, 0);
  const one = first.bind({
    inputs: { p: floats(1, 2, 3, 4, 5, 6), d: floats(1, 1, 1, 1, 1, 1) },
    outputs: { q: view(shared) },
  });
  const two = second.bind({
    inputs: { a: view(shared, [2, 3]), b: view(Float32Array.of(1, 1, 1), [3, 1]), c: floats(0) },
    outputs: { y: view(y.data, [2, 1]) },
  });
  await one.run();
  await two.run();
  expect([...y.data]).toEqual([9, 18]);
  first.release();
  second.release();
});

test('takes part of a larger buffer, also at an odd address', async () => {
  const session = await createSession(addModel(3));
  const pool = new Float32Array(10).fill(-1);
  const binding = session.bind({
    inputs: { p: floats(1, 2, 3), d: floats(1, 1, 1) },
    outputs: { q: view(pool.subarray(5, 8)) },
  });
  await binding.run();
  expect([...pool]).toEqual([-1, -1, -1, -1, -1, 2, 3, 4, -1, -1]);
  session.release();
});

test('takes symbolic dimensions from the bound tensors, zero included', async () => {
  const spec = (name: string) => ({ name, shape: ['n'] });
  const session = await createSession(
    encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
      inputs: [spec('x'), spec('z')],
      outputs: [spec('y')],
    }),
  );
  for (const values of [[1, 2, 3], [4], []]) {
    const y = new Float32Array(values.length);
    await session.bind({ inputs: { x: floats(...values), z: floats(...values) }, outputs: { y: view(y) } }).run();
    expect([...y]).toEqual(values.map((value) => 2 * value));
  }
  expect(() =>
    session.bind({ inputs: { x: view(new Float32Array(1), [-1]), z: floats(1) }, outputs: { y: floats(0) } }),
  ).toThrow('input "x" must have the shape [-1], got [-1]');
  session.release();
});

test('names the tensor that does not fit the model', async () => {
  const session = await createSession(affineModel(2, 3, 1));
  const a = view(new Float32Array(6), [2, 3]);
  const b = view(new Float32Array(3), [3, 1]);
  const c = floats(0);
  const y = view(new Float32Array(2), [2, 1]);
  const resizable = Reflect.construct(ArrayBuffer, [24, { maxByteLength: 48 }]) as ArrayBuffer;
  const cases: [Record<string, TensorView>, Record<string, TensorView>, string][] = [
    [{ a, b }, { y }, 'input "c" is not bound; it needs the shape [1]'],
    [{ a, b, c }, {}, 'output "y" is not bound; it needs the shape [2,1]'],
    [{ a, b, c, e: c }, { y }, 'input "e" is not in the model, which has "a", "b", "c"'],
    [{ a, b, c }, { y, z: y }, 'output "z" is not in the model, which has "y"'],
    [{ a: view(a.data, [3, 2]), b, c }, { y }, 'input "a" must have the shape [2,3], got [3,2]'],
    [{ a: view(a.data, [6]), b, c }, { y }, 'input "a" must have the shape [2,3], got [6]'],
    [{ a: view(new Float32Array(5), [2, 3]), b, c }, { y }, 'input "a" of shape [2,3] needs 6 elements, got 5'],
    [
      { a: view(new Int32Array(6), [2, 3]), b, c },
      { y },
      'input "a" is float32 and must be a Float32Array, got Int32Array',
    ],
    [
      { a: view(new Float32Array(resizable), [2, 3]), b, c },
      { y },
      'input "a" must not lie in a resizable buffer: native code keeps its address',
    ],
  ];
  for (const [inputs, outputs, message] of cases) {
    expect(() => session.bind({ inputs, outputs })).toThrow(
      expect.objectContaining({ name: 'EngineError', code: 'invalid-argument', message }),
    );
  }
  session.release();
});

test('says which operator failed, and runs on after a failure', async () => {
  const session = await createSession(
    encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
      inputs: [
        { name: 'x', shape: ['n'] },
        { name: 'z', shape: ['m'] },
      ],
      outputs: [{ name: 'y', shape: ['k'] }],
    }),
  );
  const bad = session.bind({
    inputs: { x: floats(1, 2, 3), z: floats(1, 2, 3, 4) },
    outputs: { y: floats(0, 0, 0, 0) },
  });
  const failure = { code: 'runtime', message: expect.stringMatching(/^cannot run the model: Add "y": .*3 by 4$/) };
  await expect(bad.run()).rejects.toMatchObject(failure);
  expect(() => bad.runSync()).toThrow(expect.objectContaining(failure));
  const y = floats(0, 0);
  await session.bind({ inputs: { x: floats(1, 2), z: floats(3, 4) }, outputs: { y } }).run();
  expect([...y.data]).toEqual([4, 6]);
  session.release();
});

test('survives running out of memory', async () => {
  const session = await createSession(
    encodeModel({
      nodes: [
        { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
        { op: 'ReduceSum', inputs: ['zeros'], outputs: ['y'], attributes: { keepdims: 1 } },
      ],
      inputs: [{ name: 'shape', type: INT64, shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
    }),
  );
  const shape = BigInt64Array.of(2n ** 50n);
  const y = floats(7);
  const binding = session.bind({ inputs: { shape: view(shape) }, outputs: { y } });
  const failure = { code: 'out-of-memory', message: expect.stringMatching(/ConstantOfShape "zeros": /) };
  await expect(binding.run()).rejects.toMatchObject(failure);
  shape[0] = 2n ** 62n;
  await expect(binding.run()).rejects.toMatchObject(failure);
  shape[0] = 3n;
  await binding.run();
  expect([...y.data]).toEqual([0]);
  session.release();
});

test('leaves the event loop free while it runs, and refuses what would disturb the run', async () => {
  const session = await createSession(chainModel(40, 256), { threads: 2 });
  const square = (value: number) => view(new Float32Array(256 * 256).fill(value), [256, 256]);
  const binding = session.bind({ inputs: { x: square(0.1), w: square(0.01) }, outputs: { y: square(0) } });
  const run = binding.run();
  await expect(binding.run()).rejects.toMatchObject({
    code: 'busy',
    message: 'run: a run of this binding is not finished: await it',
  });
  expect(() => binding.runSync()).toThrow(expect.objectContaining({ code: 'busy' }));
  expect(() => binding.release()).toThrow(expect.objectContaining({ code: 'busy' }));
  expect(() => session.release()).toThrow(expect.objectContaining({ code: 'busy' }));
  await run;
  expect(await isEventLoopFree(() => binding.run())).toBe(true);
  session.release();
});

test('runs several bindings of one session at the same time', async () => {
  const session = await createSession(addModel(1000));
  const outputs = Array.from({ length: 8 }, () => new Float32Array(1000));
  const bindings = outputs.map((q, i) =>
    session.bind({
      inputs: { p: view(new Float32Array(1000).fill(i)), d: view(new Float32Array(1000).fill(1)) },
      outputs: { q: view(q) },
    }),
  );
  for (let round = 0; round < 20; round++) await Promise.all(bindings.map((binding) => binding.run()));
  expect(outputs.every((q, i) => q.every((value) => value === i + 1))).toBe(true);
  session.release();
});

test('gives the same bits at every run, synchronous or not, in every session', async () => {
  const n = 192;
  const noise = (seed: number) => {
    let state = seed;
    return Float32Array.from({ length: n * n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
  };
  const x = view(noise(1), [n, n]);
  const w = view(noise(2), [n, n]);
  const bits = async (sync: boolean) => {
    const session = await createSession(chainModel(6, n), { threads: 2 });
    const y = new Float32Array(n * n);
    const binding = session.bind({ inputs: { x, w }, outputs: { y: view(y, [n, n]) } });
    const runs: string[] = [];
    for (let run = 0; run < 4; run++) {
      y.fill(0);
      if (sync) binding.runSync();
      else await binding.run();
      runs.push(Buffer.from(y.buffer).toString('base64'));
    }
    session.release();
    return runs;
  };
  const all = [...(await bits(false)), ...(await bits(true)), ...(await bits(false))];
  expect(new Set(all).size).toBe(1);
  expect(Buffer.from(all[0]!, 'base64').some((byte) => byte !== 0)).toBe(true);
});

test('refuses to run after release, or when its memory was transferred away', async () => {
  const session = await createSession(addModel(4));
  const p = new Float32Array(4);
  const d = view(new Float32Array(4));
  const binding = session.bind({ inputs: { p: view(p), d }, outputs: { q: d } });
  structuredClone(p.buffer, { transfer: [p.buffer] });
  await expect(binding.run()).rejects.toMatchObject({
    code: 'released',
    message: 'run: the memory of "p" was transferred away after bind',
  });
  binding.release();
  binding.release();
  await expect(binding.run()).rejects.toMatchObject({ code: 'released', message: 'run: the binding was released' });
  const other = session.bind({ inputs: { p: d, d }, outputs: { q: d } });
  session.release();
  await expect(other.run()).rejects.toMatchObject({ code: 'released' });
});

test('holds on to what native code uses when garbage is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const n = 2 ** 20;
  const session = await createSession(addModel(n));
  const large = (value: number) => view(new Float32Array(n).fill(value));
  const q = large(0);
  const binding = session.bind({ inputs: { p: large(1), d: large(2) }, outputs: { q } });
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  // Takes the memory of collected arrays, were there any.
  const others = Array.from({ length: 4 }, () => large(9));
  await binding.run();
  expect(q.data.every((value) => value === 3)).toBe(true);
  expect(others).toHaveLength(4);
  session.release();
});
