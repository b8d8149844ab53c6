import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import { vjp } from '../graph/gradients.js';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { constant } from '../ops/constants.js';
import { conv2d } from '../ops/conv.js';
import { mul, sub } from '../ops/elementwise.js';
import { mseLoss } from '../ops/losses.js';
import { maxPool2d } from '../ops/pool.js';
import { relu } from '../ops/unary.js';
import { liveNativeObjects } from '../runtime/index.js';
import { compile } from './compile.js';
import type { Program } from './program.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const MB = 2 ** 20;

afterEach(() => expect(liveNativeObjects()).toBe(0));

/** Forward and update of a small net; a step changes the kernel. */
function phases(side: number) {
  const x = new Input('x', [2, 3, side, side]);
  const kernel = new Variable(
    'kernel',
    [4, 3, 3, 3],
    Float32Array.from({ length: 108 }, (_, i) => Math.sin(i)),
  );
  const y = maxPool2d(relu(conv2d(x, kernel, { padding: 1 })), 2);
  const loss = mseLoss(y, constant(new Float32Array(y.size).fill(0.1), y.shape));
  const [gradient] = vjp([loss], [new Input('seed', [])], [kernel]) as [Tensor];
  return [
    { name: 'forward', outputs: { loss } },
    { name: 'update', updates: [{ variable: kernel, value: sub(kernel, mul(gradient, 0.01)) }] },
  ];
}

async function train(program: Program, side: number): Promise<void> {
  const { loss } = await program.run('forward', { x: new Float32Array(2 * 3 * side * side).fill(0.5) });
  expect(loss![0]).toBeGreaterThan(0);
  await program.run('update', { seed: 1 });
}

/** What typed arrays hold, once nothing unreachable is left. */
async function arrayBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
  }
  return process.memoryUsage().arrayBuffers;
}

it('fifty programs, compiled, run and released, leave neither objects nor memory', async () => {
  const cycle = async () => {
    const program = await compile(phases(64), { threads: 2 });
    // Environment, description of CPU memory, and a session and a binding for each phase.
    expect(liveNativeObjects()).toBe(6);
    await train(program, 64);
    program.release();
    expect(liveNativeObjects()).toBe(0);
  };
  for (let i = 0; i < 20; i++) await cycle();
  await arrayBytes();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 50; i++) await cycle();
  await arrayBytes();
  expect((process.memoryUsage.rss() - before) / MB).toBeLessThan(24);
});

it('programs that fail to compile, run or release leave nothing', async () => {
  const other = { name: 'other', outputs: { y: relu(new Input('x', [1])) } };
  for (let i = 0; i < 10; i++) {
    await expect(compile([...phases(16), other])).rejects.toThrow('two inputs are named "x"');
    expect(liveNativeObjects()).toBe(0);
    const program = await compile(phases(16));
    await expect(program.run('forward')).rejects.toThrow();
    const running = program.run('forward', { x: new Float32Array(2 * 3 * 16 * 16) });
    expect(() => program.release()).toThrow('release: the run of "forward" is not finished: await it');
    await running;
    program.release();
  }
});

it('a program does not keep what only its compilation needed', async () => {
  const side = 512; // images of 6 MB, activations of 8 MB, constants of 8 MB for the gradient of the pool
  const before = await arrayBytes();
  const program = await compile(phases(side), { threads: 2 });
  await train(program, side);
  const used = (await arrayBytes()) - before;
  // The input and what the phases hand over: convolution, its positive part, the pooled maxima.
  const kept = 4 * (2 * 3 + 2 * 4 + 2 * 4 + 2 * 2) * side * side;
  expect(used / MB).toBeLessThan(kept / MB);
  program.release();
  expect(program).toBeDefined();
  expect(((await arrayBytes()) - before) / MB).toBeLessThan(1);
});

it('results outlive the program', async () => {
  const program = await compile(phases(256), { threads: 2 });
  const { loss } = await program.run('forward', { x: new Float32Array(2 * 3 * 256 * 256).fill(0.5) });
  const value = loss![0];
  program.release();
  await arrayBytes();
  expect(loss![0]).toBe(value);
});
