import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { vjp } from '../graph/gradients.js';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { batchNormTraining } from '../ops/batch-norm.js';
import { conv2d } from '../ops/conv.js';
import { mul, sub } from '../ops/elementwise.js';
import { crossEntropy } from '../ops/losses.js';
import { linear } from '../ops/matmul.js';
import { globalAveragePool, maxPool2d } from '../ops/pool.js';
import { flatten } from '../ops/shape.js';
import { relu } from '../ops/unary.js';
import { compile } from './compile.js';

const wave = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase) / 3);

/** Five steps of training from the same start; the bits of every loss and weight. */
async function train(threads: number): Promise<string> {
  const x = new Input('x', [4, 3, 16, 16]);
  const labels = new Input('labels', [4], 'int32');
  const weights = [
    new Variable('first', [16, 3, 3, 3], wave(432, 0)),
    new Variable('second', [32, 16, 3, 3], wave(4608, 1)),
    new Variable('scale', [32], wave(32, 2)),
    new Variable('bias', [32], wave(32, 3)),
    new Variable('head', [5, 32], wave(160, 4)),
  ] as const;
  const [first, second, scale, bias, head] = weights;
  const stem = maxPool2d(relu(conv2d(x, first, { padding: 1 })), 3, { stride: 2, padding: 1 });
  const { output } = batchNormTraining(conv2d(stem, second, { padding: 1 }), scale, bias);
  const loss = crossEntropy(linear(flatten(globalAveragePool(relu(output)), 1), head), labels);
  const gradients = vjp([loss], [new Input('seed', [])], weights) as Tensor[];
  const updates = weights.map((variable, i) => ({ variable, value: sub(variable, mul(gradients[i]!, 0.1)) }));
  const program = await compile(
    [
      { name: 'forward', outputs: { loss } },
      { name: 'update', updates },
    ],
    { threads },
  );
  const bits: string[] = [];
  for (let step = 0; step < 5; step++) {
    const feeds = { x: wave(3072, step), labels: Int32Array.of(0, 1, 2, step) };
    const { loss: value } = await program.run('forward', feeds);
    bits.push(Buffer.from(value!.slice().buffer).toString('hex'));
    await program.run('update', { seed: 1 });
  }
  program.release();
  return [...bits, ...weights.map(({ data }) => Buffer.from(data.buffer).toString('hex'))].join('\n');
}

describe.each([1, 2])('with %d threads', (threads) => {
  it('training twice gives the same bits', async () => {
    const once = await train(threads);
    expect(once.length).toBeGreaterThan(40_000);
    expect(await train(threads)).toBe(once);
  });
});

const built = new URL('../../dist/index.js', import.meta.url);

describe.skipIf(!existsSync(built))('two processes (skipped: not built, run tsc -b first)', () => {
  it('compute the same bits', async () => {
    const script = `
      const { compile, conv2d, gradients, Input, sum, tanh, Variable } = await import(${JSON.stringify(built.href)});
      const wave = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7));
      const kernel = new Variable('kernel', [16, 16, 3, 3], wave(2304));
      const loss = sum(tanh(conv2d(new Input('x', [4, 16, 12, 12]), kernel, { padding: 1 })));
      const [gradient] = gradients(loss, [kernel]);
      const program = await compile([{ name: 'run', outputs: { gradient, loss } }], { threads: 2 });
      const results = await program.run('run', { x: wave(9216) });
      for (const values of Object.values(results)) console.log(Buffer.from(values.slice().buffer).toString('hex'));
      program.release();
    `;
    const bits = async () =>
      (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])).stdout;
    const [one, two] = [await bits(), await bits()];
    expect(one.length).toBeGreaterThan(2304 * 8);
    expect(two).toBe(one);
  });
});
