import { afterEach, describe, expect, it } from 'vitest';
import { Constant, Input, type Tensor, Variable } from '../graph/tensor.js';
import { constant, stopGradient } from '../ops/constants.js';
import { add, greater, mul, sub } from '../ops/elementwise.js';
import { avgPool2d } from '../ops/pool.js';
import { sum } from '../ops/reduce.js';
import { cast, expand, reshape } from '../ops/shape.js';
import { exp, relu, square } from '../ops/unary.js';
import { liveNativeObjects } from '../runtime/index.js';
import { type CompileOptions, compile } from './compile.js';
import type { Phase } from './phase.js';
import type { Program } from './program.js';

const programs: Program[] = [];

async function compiled(phases: readonly Phase[], options: CompileOptions = { threads: 1 }): Promise<Program> {
  const program = await compile(phases, options);
  programs.push(program);
  return program;
}

afterEach(() => {
  for (const program of programs.splice(0)) program.release();
  expect(liveNativeObjects()).toBe(0);
});

const x = new Input('x', [2, 2]);
const values = Float32Array.of(1, -2, 3, -4);
const run = async (program: Program, phase: string, feeds = {}) =>
  Object.fromEntries(Object.entries(await program.run(phase, feeds)).map(([name, data]) => [name, [...data]]));

describe('phases', () => {
  it('hand tensors over, also those that they did not show', async () => {
    const weight = new Input('weight', []);
    const hidden = relu(x);
    const loss = sum(square(hidden));
    const program = await compiled([
      { name: 'forward', outputs: { loss } },
      { name: 'backward', outputs: { gradient: mul(mul(hidden, 2), weight) } },
      { name: 'look', outputs: { hidden, shape: reshape(hidden, [4]) } },
    ]);
    expect(await run(program, 'forward', { x: values })).toEqual({ loss: [10] });
    expect(await run(program, 'backward', { weight: 3 })).toEqual({ gradient: [6, 0, 18, 0] });
    expect(await run(program, 'backward', { weight: 1 })).toEqual({ gradient: [2, 0, 6, 0] });
    expect(await run(program, 'look')).toEqual({ hidden: [1, 0, 3, 0], shape: [1, 0, 3, 0] });
    expect(await run(program, 'forward', { x: values.map((value) => -value) })).toEqual({ loss: [20] });
    expect(await run(program, 'look')).toEqual({ hidden: [0, 2, 0, 4], shape: [0, 2, 0, 4] });
  });

  it('hand over images, masks and whole numbers', async () => {
    const images = new Input('images', [2, 3, 2, 2]);
    const labels = new Input('labels', [2], 'int32');
    const pooled = avgPool2d(images, 1);
    const mask = greater(pooled, 0);
    const doubled = add(labels, labels);
    const program = await compiled([
      { name: 'first', keep: [pooled, mask, doubled] },
      { name: 'second', outputs: { y: mul(pooled, cast(mask, 'float32')), labels: cast(doubled, 'float32') } },
    ]);
    const data = Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? i : -i));
    expect(await run(program, 'first', { images: data, labels: Int32Array.of(3, 4) })).toEqual({});
    const { y, labels: twice } = await run(program, 'second');
    // A negative number times 0 is -0.
    expect(y!.map((value) => value + 0)).toEqual([...data].map((value) => Math.max(value, 0)));
    expect(twice).toEqual([6, 8]);
  });

  it('share inputs, which keep their values', async () => {
    const program = await compiled([
      { name: 'first', outputs: { y: mul(x, 2) } },
      { name: 'second', outputs: { y: mul(x, 3) } },
    ]);
    await expect(program.run('second')).rejects.toThrow('phase "second" needs input "x" [2, 2]');
    expect(await run(program, 'first', { x: values })).toEqual({ y: [2, -4, 6, -8] });
    expect(await run(program, 'second')).toEqual({ y: [3, -6, 9, -12] });
  });

  it('compute a kept tensor in the phase that keeps it', async () => {
    const w = new Variable('w', [], Float32Array.of(2));
    const y = mul(w, 10);
    const program = await compiled([
      { name: 'before', keep: [y], updates: [{ variable: w, value: add(w, 1) }] },
      { name: 'after', outputs: { old: add(y, 0.5), now: mul(w, 100) } },
    ]);
    await program.run('before');
    expect(await run(program, 'after')).toEqual({ old: [20.5], now: [300] });
  });

  it('may be empty, or many in any order', async () => {
    const program = await compiled([
      { name: 'nothing' },
      { name: 'b', outputs: { y: add(x, 1) } },
      { name: 'a', outputs: { y: sub(x, 1) } },
    ]);
    expect(await run(program, 'nothing')).toEqual({});
    expect(await run(program, 'a', { x: values })).toEqual({ y: [0, -3, 2, -5] });
    expect(await run(program, 'b')).toEqual({ y: [2, -1, 4, -3] });
  });
});

describe('outputs', () => {
  it('may be leaves, constants and views of them, alone or beside others', async () => {
    const w = new Variable('w', [2], Float32Array.of(7, 8));
    const leaves: Record<string, Tensor> = {
      input: x,
      reshaped: reshape(x, [4]),
      variable: w,
      stopped: stopGradient(w),
      constant: constant([5, 6]),
    };
    const expected = { input: [...values], reshaped: [...values], variable: [7, 8], stopped: [7, 8], constant: [5, 6] };
    const alone = await compiled([{ name: 'leaves', outputs: leaves }]);
    await expect(alone.run('leaves')).rejects.toThrow('phase "leaves" needs input "x" [2, 2]');
    expect(await run(alone, 'leaves', { x: values })).toEqual(expected);
    const beside = await compiled([{ name: 'all', outputs: { ...leaves, y: mul(x, 2) } }]);
    expect(await run(beside, 'all', { x: values })).toEqual({ ...expected, y: [2, -4, 6, -8] });
  });

  it('may be one tensor under two names', async () => {
    const y = mul(x, 2);
    const program = await compiled([{ name: 'run', outputs: { a: y, b: y, flat: reshape(y, [4]) } }]);
    const twice = [2, -4, 6, -8];
    expect(await run(program, 'run', { x: values })).toEqual({ a: twice, b: twice, flat: twice });
  });

  it('may be scalars, and empty', async () => {
    const none = new Input('none', [0, 3]);
    const program = await compiled([{ name: 'run', outputs: { total: sum(none), none: mul(none, 2), one: sum(x) } }]);
    expect(await run(program, 'run', { none: new Float32Array(0), x: values })).toEqual({
      total: [0],
      none: [],
      one: [-2],
    });
  });

  it('may depend on constants only', async () => {
    const program = await compiled([
      { name: 'run', outputs: { y: exp(constant([0, 0])), z: expand(constant([2]), [3]) } },
    ]);
    expect(await run(program, 'run')).toEqual({ y: [1, 1], z: [2, 2, 2] });
  });

  it('take constants as they are at compile time, as targets of a loss too', async () => {
    const target = new Constant(Float32Array.of(1, -2, 3, -3), [2, 2]);
    const program = await compiled([{ name: 'run', outputs: { loss: sum(square(sub(x, target))) } }]);
    expect(await run(program, 'run', { x: values })).toEqual({ loss: [1] });
  });
});

describe('phases that are alternatives', () => {
  it('each compute what they need of what went before, whichever has run', async () => {
    const shared = mul(x, 2);
    const both = square(shared);
    const program = await compiled([
      { name: 'first', outputs: { shared } },
      { name: 'left', after: ['first'], outputs: { left: sum(both) } },
      { name: 'right', after: ['first'], outputs: { right: sum(mul(both, 10)) } },
    ]);
    await run(program, 'first', { x: Float32Array.of(1, 0, 0, 0) });
    expect(await run(program, 'right')).toEqual({ right: [40] });
    await run(program, 'first', { x: Float32Array.of(3, 0, 0, 0) });
    expect(await run(program, 'left')).toEqual({ left: [36] });
    expect(await run(program, 'right')).toEqual({ right: [360] });
  });
});

describe('compile refuses', () => {
  const w = new Variable('w', [2], new Float32Array(2));
  const refused: [string, readonly Phase[], string | RegExp][] = [
    ['two phases of one name', [{ name: 'a' }, { name: 'a' }], 'two phases are named "a"'],
    [
      'a phase after one that comes later',
      [{ name: 'a', after: ['b'] }, { name: 'b' }],
      'phase "a" comes after "b", which no earlier phase is named',
    ],
    [
      'two inputs of one name',
      [{ name: 'a', outputs: { y: add(x, new Input('x', [2, 2])) } }],
      'two inputs are named "x"',
    ],
    [
      'two inputs of one name in two phases',
      [
        { name: 'a', outputs: { y: mul(x, 2) } },
        { name: 'b', outputs: { y: mul(new Input('x', [3]), 2) } },
      ],
      'two inputs are named "x"',
    ],
    [
      'outputs that are not float32',
      [{ name: 'a', outputs: { mask: greater(x, 0) } }],
      'output "mask" of phase "a" must be float32, got bool; use cast',
    ],
    [
      'an update of another size',
      [{ name: 'a', updates: [{ variable: w, value: mul(x, 2) }] }],
      'update of variable "w" in phase "a" needs a value of shape [2], got [2, 2]',
    ],
    [
      'an update that is not float32',
      [{ name: 'a', updates: [{ variable: w, value: new Input('i', [2], 'int32') }] }],
      'update of variable "w" in phase "a" needs a float32 value, got int32',
    ],
    [
      'two updates of one variable',
      [
        {
          name: 'a',
          updates: [
            { variable: w, value: mul(w, 2) },
            { variable: w, value: mul(w, 3) },
          ],
        },
      ],
      'update of variable "w" in phase "a": the variable is updated twice',
    ],
    [
      'inputs of a type that cannot be fed',
      [{ name: 'a', outputs: { y: cast(new Input('mask', [2], 'bool'), 'float32') } }],
      'input "mask" [2] must be float32 or int32, got bool',
    ],
  ];
  it.each(refused)('%s', async (_, phases, message) => {
    await expect(compile(phases, { threads: 1 })).rejects.toThrow(message);
    expect(liveNativeObjects()).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])('%d threads', async (threads) => {
    await expect(compile([{ name: 'a', outputs: { y: mul(x, 2) } }], { threads })).rejects.toThrow(
      `"threads" must be an integer of at least 1, got ${threads}`,
    );
  });

  it('frees the phases that were ready when a later one fails', async () => {
    const phases = [
      { name: 'fine', outputs: { y: mul(x, 2) } },
      { name: 'wrong', outputs: { y: mul(new Input('x', [3]), 2) } },
    ];
    await expect(compile(phases)).rejects.toThrow('two inputs are named "x"');
    expect(liveNativeObjects()).toBe(0);
  });
});

describe('run refuses', () => {
  const labels = new Input('labels', [2], 'int32');
  const one = new Input('one', [1, 1]);
  const phases = [
    { name: 'floats', outputs: { y: add(mul(x, 2), one) } },
    { name: 'labels', outputs: { y: cast(add(labels, labels), 'float32') } },
  ];

  it('what does not exist or does not fit, and changes nothing', async () => {
    const program = await compiled(phases);
    await program.run('floats', { x: values, one: 1 });
    const refused: [string, Record<string, unknown>, string][] = [
      ['backward', {}, 'no phase "backward"; the phases are floats, labels'],
      ['floats', { y: 1 }, 'unknown input "y"; the inputs are x, one, labels'],
      ['floats', { x: 1 }, 'input "x" takes float32 [2, 2], got a number'],
      ['floats', { x: new Float32Array(3) }, 'input "x" takes float32 [2, 2], got a Float32Array of 3'],
      ['floats', { x: new Int32Array(4) }, 'input "x" takes float32 [2, 2], got a Int32Array of 4'],
      ['floats', { x: new Float64Array(4) }, 'input "x" takes float32 [2, 2], got a Float64Array of 4'],
      ['floats', { x: [1, 2, 3, 4] }, 'input "x" takes float32 [2, 2], got Array'],
      ['floats', { x: undefined }, 'input "x" takes float32 [2, 2], got Undefined'],
      ['floats', { x: null }, 'input "x" takes float32 [2, 2], got Null'],
      ['floats', { one: 100, x: new Float32Array(1) }, 'input "x" takes float32 [2, 2], got a Float32Array of 1'],
      ['labels', {}, 'phase "labels" needs input "labels" [2]'],
      ['labels', { labels: new Float32Array(2) }, 'input "labels" takes int32 [2], got a Float32Array of 2'],
    ];
    for (const [phase, feeds, message] of refused) {
      await expect(program.run(phase, feeds as Record<string, Float32Array>)).rejects.toThrow(message);
    }
    expect(await run(program, 'floats')).toEqual({ y: [3, -3, 7, -7] });
  });

  it('fractions for whole numbers', async () => {
    const count = new Input('count', [], 'int32');
    const program = await compiled([{ name: 'run', outputs: { y: cast(count, 'float32') } }]);
    await expect(program.run('run', { count: 1.5 })).rejects.toThrow('input "count" takes int32 [], got 1.5');
    expect(await run(program, 'run', { count: -3 })).toEqual({ y: [-3] });
  });

  it('a second run while one is not finished, of whatever phase', async () => {
    const program = await compiled(phases);
    const first = program.run('floats', { x: values, one: 1 });
    await expect(program.run('floats', { x: new Float32Array(4) })).rejects.toMatchObject({
      code: 'busy',
      message: 'run "floats": the run of "floats" is not finished: await it',
    });
    await expect(program.run('labels', { labels: Int32Array.of(1, 2) })).rejects.toMatchObject({ code: 'busy' });
    expect(() => program.release()).toThrow(expect.objectContaining({ code: 'busy' }));
    expect([...(await first).y!]).toEqual([3, -3, 7, -7]);
    expect(await run(program, 'labels', { labels: Int32Array.of(1, 2) })).toEqual({ y: [2, 4] });
  });

  it('to go on after release, which may be called twice', async () => {
    const program = await compiled(phases);
    program.release();
    program.release();
    await expect(program.run('floats', { x: values, one: 1 })).rejects.toMatchObject({
      code: 'released',
      message: 'run "floats": the program was released',
    });
  });
});
