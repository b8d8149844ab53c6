import { expect, it } from 'vitest';
import { Input } from '../graph/tensor.js';
import { exp } from '../ops/unary.js';
import { compile } from './compile.js';

it('a blocking program computes the same bits, on this thread', async () => {
  const x = new Input('x', [3]);
  const phases = [{ name: 'run', outputs: { y: exp(x) } }];
  const feeds = { x: Float32Array.of(-1, 0.5, 2) };
  const [free, blocking] = [await compile(phases), await compile(phases, { blocking: true })];
  const { y } = await free.run('run', feeds);
  let turns = 0;
  setImmediate(() => turns++);
  const results = await blocking.run('run', feeds);
  // Nothing but the run has happened since.
  expect(turns).toBe(0);
  expect(results.y).toEqual(y);
  free.release();
  blocking.release();
});
