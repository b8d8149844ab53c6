import './testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import { createBalancer } from 'counterpoise';
import { expect, test } from 'vitest';
import { balancedGrads, type LossFunction, minimize, minimizeAsync } from './index.js';
import { TwoHeads } from './testing/net.js';

const net = new TwoHeads();
const trunkAndHeads = { trunk: net.features, heads: net.heads };

test.each([
  ['loss values', 'running-max', net.losses],
  ['parameters', 'upgrad', net.losses],
  ['representation', 'upgrad', trunkAndHeads],
])('100 steps leave no tensor: %s', (_, method, f) => {
  const balancer = createBalancer(method);
  const optimizer = tf.train.adam(1e-3);
  const step = () => minimize(optimizer, balancer, f as LossFunction<tf.Tensor>, net.variables);
  step();
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  for (let i = 0; i < 100; i++) step();
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
  optimizer.dispose();
});

test('gradients belong to the caller, or to the tidy around', () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    balancedGrads(createBalancer('upgrad'), net.losses, net.variables);
  });
  expect(tf.memory().numTensors).toBe(before);
  const { grads } = balancedGrads(createBalancer('upgrad'), net.losses, net.variables);
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose(grads);
});

const boom = (): never => {
  throw new Error('boom');
};
const brokenBackward = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: boom }));

test.each<[string, LossFunction<tf.Tensor>]>([
  ['in the losses', () => ({ class: net.losses().class, box: boom() })],
  ['in the trunk', { trunk: () => tf.square(boom()), heads: net.heads }],
  ['in the heads', { trunk: net.features, heads: (z) => ({ class: net.heads(z).class, box: boom() }) }],
  ['in the backward pass of a head', { trunk: net.features, heads: (z) => net.heads(brokenBackward(z)) }],
  ['in the backward pass of the trunk', { trunk: () => brokenBackward(net.features()), heads: net.heads }],
  ['a loss is NaN', () => ({ ...net.losses(), box: tf.mul(net.losses().box, Number.NaN) })],
  ['the balancer refuses', () => ({ class: net.losses().class, other: net.losses().box })],
])('an error leaves no tensor and no tape: %s', async (_, f) => {
  const optimizer = tf.train.sgd(1);
  for (const method of ['running-max', 'grad-norm', 'upgrad']) {
    const balancer = createBalancer(method, { tasks: ['class', 'box'] });
    const before = tf.memory().numTensors;
    expect(() => minimize(optimizer, balancer, f, net.variables)).toThrow(/boom|NaN|"other" is unknown/);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state).toMatchObject({ gradientDepth: 0, kernelDepth: 0, scopeStack: [] });
    await expect(minimizeAsync(optimizer, balancer, f, net.variables)).rejects.toThrow(/boom|NaN|"other" is unknown/);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state).toMatchObject({ gradientDepth: 0, kernelDepth: 0, scopeStack: [] });
  }
  optimizer.dispose();
});
