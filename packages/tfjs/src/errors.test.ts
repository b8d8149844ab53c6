import './testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import { CounterpoiseError, createBalancer } from 'counterpoise';
import { expect, test, vi } from 'vitest';
import { balancedGrads } from './index.js';
import { TwoHeads } from './testing/net.js';

const net = new TwoHeads();

/** The message of the error, which must be one line of the kind that callers can catch. */
function messageOf(f: unknown, { method = 'running-max', variables = net.variables as unknown } = {}): string {
  try {
    balancedGrads(createBalancer(method), f as typeof net.losses, variables as tf.Variable[]);
  } catch (error) {
    expect(error).toBeInstanceOf(CounterpoiseError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('no error');
}

const withBox = (box: unknown) => () => ({ ...net.losses(), box });

test.each([
  ['no scalar', withBox(tf.ones([4])), 'loss "box" must be a scalar of shape [], got [4]: take its mean or sum'],
  ['no float', withBox(tf.scalar(1, 'int32')), 'loss "box" must be float32, got int32'],
  ['a number', withBox(3), 'loss "box" must be a scalar tensor, got number'],
  [
    'a tensor alone',
    () => net.losses().box,
    'the losses must be an object of scalars by name, got a tensor of shape []',
  ],
  ['async', async () => net.losses(), 'must not be async'],
  ['none', () => ({}), 'the losses must hold at least one loss, got none'],
  ['no function', {}, '"f" must be a function of losses, or { trunk, heads }, two functions'],
  ['a trunk of nothing', { trunk: () => undefined, heads: net.heads }, '"trunk" must return a float32 tensor'],
])('losses: %s', (_, f, message) => {
  // TensorFlow.js prints a line about the promise besides.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  for (const method of ['running-max', 'upgrad']) {
    if (message.includes('trunk" must') && method === 'running-max') continue;
    expect(messageOf(f, { method })).toContain(message);
  }
});

test('a disposed loss', () => {
  const gone = tf.scalar(1);
  gone.dispose();
  expect(messageOf(withBox(gone))).toContain('loss "box" is a disposed tensor');
});

test.each([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
])('a loss that is %s', (name, factor) => {
  for (const method of ['running-max', 'upgrad']) {
    const f = () => ({ ...net.losses(), box: tf.mul(net.losses().box, factor) });
    expect(messageOf(f, { method })).toBe(
      `loss "box" is ${name}: the step was not taken; a lower learning rate may help`,
    );
  }
});

test('a gradient that is not finite', () => {
  // The root of 0 has the slope Infinity.
  const f = () => ({ ...net.losses(), box: tf.mean(tf.sqrt(tf.mul(0, net.features()))) });
  expect(messageOf(f, { method: 'upgrad' })).toContain('the gradient of loss "box" is not finite');
});

test('a weight beyond float32: the balancer has taken its step', () => {
  const balancer = createBalancer('running-max', { priorities: { class: 1e10 } });
  const f = () => ({ ...net.losses(), class: tf.mul(net.losses().class, 1e-38) });
  expect(() => balancedGrads(balancer, f, net.variables)).toThrow('it does not fit float32, at most 3.4e38');
  expect(balancer.steps).toBe(1);
});

test('a masked loss must be finite still', () => {
  const f = () => ({ ...net.losses(), box: tf.mul(net.losses().box, Number.NaN) });
  const masked = () => balancedGrads(createBalancer('running-max'), f, net.variables, { mask: { box: false } });
  expect(masked).toThrow('loss "box" is NaN');
});

test('a loss that changes its name between steps', () => {
  const balancer = createBalancer('running-max');
  tf.dispose(balancedGrads(balancer, net.losses, net.variables).grads);
  const renamed = () => ({ class: net.losses().class, boxes: net.losses().box });
  expect(() => balancedGrads(balancer, renamed, net.variables)).toThrow(
    'loss "boxes" is unknown: the losses are class, box and may not change between steps',
  );
  expect(balancer.steps).toBe(1);
});

test('a list of variables that misses what a loss depends on', () => {
  for (const method of ['running-max', 'upgrad']) {
    const f = () => ({ class: net.losses().class, box: tf.mean(tf.square(net.boxHead)) });
    expect(messageOf(f, { method, variables: [net.trunk, net.classHead] })).toContain(
      'loss "box" reaches none of the 2 variables to train',
    );
  }
});

test.each([
  ['empty', [], '"variables" must hold a trainable variable, got 0'],
  ['no list', net.trunk, '"variables" must be a list of tf.Variable, got object'],
  ['a plain tensor', [tf.scalar(1)], '"variables"[0] must be a tf.Variable'],
])('a list of variables that is %s', (_, variables, message) => {
  expect(messageOf(net.losses, { variables })).toContain(message);
});

test('a disposed variable', () => {
  const gone = tf.variable(tf.scalar(1));
  gone.dispose();
  expect(messageOf(net.losses, { variables: [net.trunk, gone] })).toMatch(/"variables"\[1\] \("\d+"\) is disposed/);
});

test('losses that share nothing', () => {
  const apart = () => ({ class: tf.mean(net.classHead), box: tf.mean(net.boxHead) });
  expect(messageOf(apart, { method: 'upgrad' })).toContain('no variable is reached by two of the losses class, box');
  const around = { trunk: net.features, heads: apart };
  expect(messageOf(around, { method: 'upgrad' })).toContain(
    'no tensor that "trunk" returned is reached by two of the losses class, box',
  );
  const each = {
    trunk: () => [net.features(), net.features()],
    heads: ([a, b]: tf.Tensor[]) => ({ ...net.heads(a!), box: net.heads(b!).box }),
  };
  expect(messageOf(each, { method: 'upgrad' })).toContain('no tensor that "trunk" returned');
});

test('a method that compares batches', () => {
  expect(messageOf(net.losses, { method: 'modo' })).toContain('modo compares the gradients of two batches');
});
