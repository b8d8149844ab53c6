import { defaultDevice, type Array as JaxArray, numpy as np, tree } from '@jax-js/jax';
import { createBalancer } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import { balancedValueAndGrad } from './index.js';
import { countBuffers } from './testing/live-buffers.js';
import { batch, heads, losses, type Params, params, trunk } from './testing/two-heads.js';

describe.each(['wasm', 'cpu'] as const)('on %s', (device) => {
  test.each([
    ['loss values', 'running-max', losses],
    ['gradients of the parameters', 'upgrad', losses],
    ['gradients of the representation', 'upgrad', { trunk, heads }],
  ])('no buffer and no reference is left: %s', async (_, method, form) => {
    defaultDevice(device);
    const here = (array: JaxArray) => np.array(array.ref.dataSync()).reshape(array.shape);
    const [p, b] = [tree.map(here, params), tree.map(here, batch)] as [Params, typeof batch];
    const live = await countBuffers(device);
    const step = balancedValueAndGrad(createBalancer(method), form);
    const run = async (steps: number) => {
      for (let n = 0; n < steps; n++) tree.dispose((await step(tree.ref(p), ...tree.ref(b))).grads);
    };
    await run(2);
    const before = live();
    await run(device === 'wasm' ? 100 : 5);
    expect(live()).toBe(before);
    for (const array of tree.leaves([p, b] as never)) expect((array as JaxArray).refCount).toBe(1);
    step.dispose();
    expect(live()).toBe(0);
  });
});

describe('errors leave nothing', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  interface Given {
    readonly f: unknown;
    readonly tasks: readonly string[];
    readonly evidence: () => never;
    readonly factor: number;
  }

  test.each([
    ['in the losses', { f: boom }],
    ['in the trunk', { f: { trunk: boom, heads } }],
    ['in the heads', { f: { trunk, heads: boom } }],
    ['in the balancer', { tasks: ['class'] }],
    ['in what a step says', { evidence: boom }],
    ['in an array', { factor: Number.NaN }],
  ])('%s', async (_, given) => {
    const { f, tasks, evidence, factor = 1 } = given as Partial<Given>;
    defaultDevice('wasm');
    const live = await countBuffers('wasm');
    for (const method of ['running-max', 'upgrad']) {
      const balancer = createBalancer(method, tasks ? { tasks } : {});
      const options = evidence ? { evidence } : {};
      const step = balancedValueAndGrad(balancer, (f ?? losses) as typeof losses, options);
      const [x, y, z] = tree.ref(batch);
      await expect(step(tree.ref(params), x.mul(factor), y, z)).rejects.toThrow();
      step.dispose();
    }
    expect(live()).toBe(0);
    for (const array of tree.leaves([params, batch] as never)) expect((array as JaxArray).refCount).toBe(1);
  });

  test('on another device than the rest', async () => {
    defaultDevice('wasm');
    const live = await countBuffers('wasm');
    const step = balancedValueAndGrad(createBalancer('sum'), (p: { w: JaxArray }, x: JaxArray) => ({
      a: p.w.mul(x).sum(),
    }));
    const w = np.array([1, 2], { device: 'wasm' });
    const x = np.array([1, 2], { device: 'cpu' });
    await expect(step({ w }, x)).rejects.toThrow('Device mismatch');
    expect([w.refCount, x.refCount, live()]).toEqual([0, 0, 0]);
  });
});
