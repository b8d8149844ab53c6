import { afterEach, expect, test } from 'vitest';
import { isEventLoopFree } from './event-loop.test.helper.js';
import { createSession, liveNativeObjects } from './index.js';
import { addModel, affineModel, BOOL, encodeModel, INT32, INT64, type NodeSpec, UINT8 } from './models.test.helper.js';

afterEach(() => expect(liveNativeObjects()).toBe(0));

const oneNode = (node: Partial<NodeSpec> & { op: string }, type?: number) =>
  encodeModel({
    nodes: [{ inputs: ['x'], outputs: ['y'], ...node }],
    inputs: [{ name: 'x', type, shape: [1] }],
    outputs: [{ name: 'y', type, shape: [1] }],
  });

test('tells names, types and shapes of inputs and outputs in the order of the model', async () => {
  const types = { float32: 1, uint8: UINT8, int32: INT32, int64: INT64, bool: BOOL };
  const entries = Object.entries(types);
  const session = await createSession(
    encodeModel({
      nodes: entries.map(([name]) => ({ op: 'Identity', inputs: [name], outputs: [`${name}Copy`] })),
      inputs: entries.map(([name, type], i) => ({ name, type, shape: i === 0 ? [] : ['n', i] })),
      outputs: entries.map(([name, type], i) => ({ name: `${name}Copy`, type, shape: i === 0 ? [] : ['n', i] })),
    }),
  );
  expect(session.inputs).toEqual(entries.map(([name], i) => ({ name, type: name, shape: i === 0 ? [] : [-1, i] })));
  expect(session.outputs.map(({ name, type }) => [name, type])).toEqual(entries.map(([name]) => [`${name}Copy`, name]));
  session.release();
});

test.each([
  ['no bytes', new Uint8Array(), /"model" must be/],
  ['three bytes of garbage', Uint8Array.of(1, 2, 3), /cannot compile the model: .*protobuf parsing failed/],
  ['bytes without a graph', new Uint8Array(1000).fill(77), /No graph was found/],
  ['a truncated model', addModel(4).subarray(0, -20), /protobuf parsing failed/],
  ['an unknown operator', oneNode({ op: 'Nope' }), /No Op registered for Nope/],
  ['a value that nothing makes', oneNode({ op: 'Add', inputs: ['x', 'z'] }), /Node input 'z' is not a graph input/],
  ['an operator of another type', oneNode({ op: 'Erf' }, INT32), /'tensor\(int32\)' of input parameter \(x\)/],
  ['a type that we do not carry', oneNode({ op: 'Relu' }, 11), /"x" has the unsupported element type 11/],
])('refuses %s', async (_, model, message) => {
  await expect(createSession(model)).rejects.toMatchObject({
    name: 'EngineError',
    code: 'invalid-model',
    message: expect.stringMatching(message),
  });
});

test('tells an operator without a kernel from a wrong model', async () => {
  const BFLOAT16 = 16;
  const model = encodeModel({
    nodes: [
      { op: 'Cast', inputs: ['x'], outputs: ['h'], attributes: { to: BFLOAT16 } },
      { op: 'Relu', inputs: ['h'], outputs: ['r'] },
      { op: 'Cast', inputs: ['r'], outputs: ['y'], attributes: { to: 1 } },
    ],
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'y', shape: [1] }],
  });
  await expect(createSession(model)).rejects.toMatchObject({
    code: 'not-implemented',
    message: expect.stringContaining('Relu'),
  });
});

test.each([0, -1, 1.5, Number.NaN])('refuses %s threads', async (threads) => {
  await expect(createSession(addModel(1), { threads })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: `"threads" must be an integer of at least 1, got ${threads}`,
  });
});

test('refuses an unknown graph optimization', async () => {
  const options = JSON.parse('{"graphOptimization": "some"}');
  await expect(createSession(addModel(1), options)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: '"graphOptimization" must be one of none, basic, extended, all, got "some"',
  });
});

test('every graph optimization and number of threads gives the same answer', async () => {
  for (const options of [{}, { threads: 1 }, { threads: 3 }, { graphOptimization: 'none' } as const]) {
    const session = await createSession(affineModel(2, 3, 2), options);
    const y = new Float32Array(4);
    const binding = session.bind({
      inputs: {
        a: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
        b: { data: Float32Array.of(1, 0, 0, 1, 1, 1), shape: [3, 2] },
        c: { data: Float32Array.of(0.5, -100), shape: [2] },
      },
      outputs: { y: { data: y, shape: [2, 2] } },
    });
    await binding.run();
    expect([...y]).toEqual([4.5, 0, 10.5, 0]);
    y.fill(7);
    binding.runSync();
    expect([...y]).toEqual([4.5, 0, 10.5, 0]);
    session.release();
  }
});

test('leaves the event loop free while it compiles', async () => {
  const nodes = Array.from({ length: 1500 }, (_, i) => ({ op: 'Tanh', inputs: [`x${i}`], outputs: [`x${i + 1}`] }));
  const model = encodeModel({
    nodes,
    inputs: [{ name: 'x0', shape: [4] }],
    outputs: [{ name: 'x1500', shape: [4] }],
  });
  expect(await isEventLoopFree(async () => (await createSession(model)).release())).toBe(true);
});

test('compiles the same bytes many times at once', async () => {
  const model = addModel(8);
  const sessions = await Promise.all(Array.from({ length: 6 }, () => createSession(model, { threads: 1 })));
  for (const session of sessions) session.release();
});

test('may be released twice, and not be bound afterwards', async () => {
  const session = await createSession(addModel(1));
  session.release();
  session.release();
  const view = { data: new Float32Array(1), shape: [1] };
  expect(() => session.bind({ inputs: { p: view, d: view }, outputs: { q: view } })).toThrow(
    expect.objectContaining({ code: 'released', message: 'bind: the session was released' }),
  );
});
