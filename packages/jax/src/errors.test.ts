import { defaultDevice, grad, type Array as JaxArray, numpy as np, tree } from '@jax-js/jax';
import { type Balancer, CounterpoiseError, createBalancer, type Need } from 'counterpoise';
import { expect, test } from 'vitest';
import { balancedValueAndGrad } from './index.js';

defaultDevice('cpu');

type Net = { w: JaxArray; v: JaxArray };
const net = (): Net => ({ w: np.array([1, 2]), v: np.array([3, 4]) });
const both = (p: Net) => ({ a: p.w.ref.sum(), b: p.w.mul(p.v).sum() });

/** The message of the error, which must be one line of the kind that callers can catch; what was passed must be used up. */
async function messageOf(
  losses: unknown,
  { method = 'running-max', params = net() as unknown, args = [] as unknown[] } = {},
) {
  const balancer = createBalancer(method) as Balancer<Need>;
  const leaves: unknown[] = tree.leaves([params, args] as unknown as JaxArray[]);
  const arrays = leaves.filter((leaf) => leaf instanceof np.Array);
  try {
    await balancedValueAndGrad(balancer, losses as (params: never) => Record<string, JaxArray>)(
      params as never,
      ...(args as []),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(CounterpoiseError);
    expect((error as Error).message).not.toContain('\n');
    expect(balancer.steps).toBe(0);
    for (const array of arrays) expect(array.refCount).toBe(0);
    return (error as Error).message;
  }
  throw new Error('no error');
}

test.each([
  ['no scalar', (p: Net) => ({ a: p.w }), 'loss "a" must be a float scalar of shape [], got float32[2]'],
  [
    'no float',
    () => ({ a: np.array(1, { dtype: np.int32 }) }),
    'loss "a" must be a float scalar of shape [], got int32[]',
  ],
  ['a number', () => ({ a: 3 }), 'loss "a" must be a float scalar of shape [], got 3'],
  [
    'alone',
    (p: Net) => p.w.sum(),
    'the losses must be an object of scalars by name, such as { class, box }, got float32[]',
  ],
  ['a list', (p: Net) => [p.w.sum()], 'such as { class, box }, got a list'],
  ['async', async (p: Net) => both(p), 'such as { class, box }, got an object of class Promise'],
  ['none', () => ({}), 'the losses must hold at least one loss, got none'],
  [
    'independent of the parameters',
    () => ({ a: np.array(1.5) }),
    'the losses (a) depend on no array of "params": nothing to train',
  ],
])('losses that are %s', async (_, losses, message) => {
  expect(await messageOf(losses)).toContain(message);
});

test.each([
  ['nothing', undefined, '"losses" must be a function, or { trunk, heads }, two functions, got undefined'],
  ['a trunk alone', { trunk: both }, '"losses" must be a function, or { trunk, heads }, two functions'],
])('in place of a function: %s', (_, losses, message) => {
  expect(() => balancedValueAndGrad(createBalancer('sum'), losses as never)).toThrow(message);
});

test.each([
  ['without arrays', {}, [], '"params" must hold at least one array, got none'],
  ['a number', { w: 1, v: np.array([1]) }, [], '"params.w" must be a float array, got 1'],
  ['whole numbers', { w: np.array([1], { dtype: np.int32 }) }, [], '"params.w" must be a float array, got int32[1]'],
  ['deep', { layers: [{ w: np.array([1]) }, { w: 'x' }] }, [], '"params.layers[1].w" must be a float array, got "x"'],
  ['an argument', net(), [{ x: [undefined] }], '"args[0].x[0]" must be an array, a number or a boolean, got undefined'],
])('parameters and arguments: %s', async (_, params, args, message) => {
  expect(await messageOf(both, { params, args })).toBe(message);
});

test('an array that has been used up', async () => {
  const params = net();
  params.v.dispose();
  expect(await messageOf(both, { params })).toBe(
    '"params.v" has been used up: pass it with .ref where it is needed again',
  );
  const x = np.array([1]);
  x.dispose();
  expect(await messageOf(both, { args: [x] })).toContain('"args[0]" has been used up');
});

test('inside a trace', async () => {
  const step = balancedValueAndGrad(createBalancer('running-max'), both);
  let result: Promise<unknown> | undefined;
  const traced = (p: Net) => {
    result = step(p);
    return p.w.sum();
  };
  tree.dispose(grad(traced)(net()));
  await expect(result).rejects.toThrow('"params.w" is being traced: call the step outside of jit, grad and vmap');
});

test.each([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
])('a loss that is %s', async (name, value) => {
  const losses = (p: Net, x: JaxArray) => ({ a: p.w.ref.sum(), b: p.w.mul(p.v).sum().mul(x) });
  for (const method of ['running-max', 'upgrad']) {
    expect(await messageOf(losses, { method, args: [value] })).toBe(
      `loss "b" is ${name}: the step was not taken; a lower learning rate may help`,
    );
  }
});

test('a gradient that is not finite', async () => {
  // The root of 0 has the slope Infinity.
  const losses = (p: Net) => ({ a: p.w.ref.sum(), b: np.sqrt(p.w).sum().add(p.v.sum()) });
  const params = { w: np.array([0, 1]), v: np.array([1]) };
  expect(await messageOf(losses, { method: 'upgrad', params })).toContain('the gradient of loss "b" is not finite');
});

test('losses that share nothing', async () => {
  const apart = (p: Net) => ({ a: p.w.sum(), b: p.v.sum() });
  expect(await messageOf(apart, { method: 'upgrad' })).toBe(
    'no array of "params" is reached by two of the losses a, b: their gradients cannot be compared',
  );
  const around = { trunk: (p: Net) => p.w.add(p.v), heads: (p: Net) => apart(p) };
  expect(await messageOf(around, { method: 'upgrad' })).toContain('no array that "trunk" returned is reached by two');
  const nothing = { trunk: () => ({}), heads: (p: Net) => apart(p) };
  expect(await messageOf(nothing, { method: 'upgrad' })).toBe('"trunk" must return float arrays, got none');
});

test('a loss that changes its name between steps', async () => {
  const balancer = createBalancer('running-max');
  let name = 'a';
  const step = balancedValueAndGrad(balancer, (p: Net, x: JaxArray) => ({ [name]: p.w.sum(), b: p.v.mul(x).sum() }));
  await step(net(), np.array([1]));
  name = 'c';
  // Another shape is traced again.
  await expect(step(net(), np.array([1, 1]))).rejects.toThrow(
    'loss "c" is unknown: the losses are a, b and may not change between steps',
  );
  expect(balancer.steps).toBe(1);
});

test('a method that compares batches', () => {
  expect(() => balancedValueAndGrad(createBalancer('modo'), both as never)).toThrow(
    'modo compares the gradients of two batches, and here there is one: take another method',
  );
});

test('a weight beyond the range of float32', async () => {
  const losses = (p: Net) => ({ a: p.w.sum().mul(1e-38), b: p.v.sum() });
  const balancer = createBalancer('running-max', { priorities: { a: 1e10 } });
  const step = balancedValueAndGrad(balancer, losses);
  await expect(step(net())).rejects.toThrow(/the weight of loss "a" is .*e\+39, beyond the range of float32/);
  expect(balancer.steps).toBe(1);
});
