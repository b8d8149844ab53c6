import './testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import { createBalancer } from 'counterpoise';
import { expect, test } from 'vitest';
import { balancedGrads, balancedGradsAsync, type LossFunction, minimize, minimizeAsync } from './index.js';
import { numbersOf, TwoHeads } from './testing/net.js';

const net = new TwoHeads();
const ways: [string, string, LossFunction<tf.Tensor>][] = [
  ['loss values', 'running-max', net.losses],
  ['parameters', 'upgrad', net.losses],
  ['representation', 'upgrad', { trunk: net.features, heads: net.heads }],
];

test.each(ways)('the same numbers as without waiting: %s', async (_, method, f) => {
  const { grads, ...step } = await balancedGradsAsync(createBalancer(method), f, net.variables);
  const { grads: expected, ...numbers } = balancedGrads(createBalancer(method), f, net.variables);
  expect(step).toEqual(numbers);
  expect(numbersOf(grads)).toEqual(numbersOf(expected));
  tf.dispose([grads, expected]);
});

test.each(ways)('other work while it waits is other work: %s', async (_, method, f) => {
  const [other, alone] = [new TwoHeads(), new TwoHeads()];
  const optimizer = tf.train.sgd(0.01);
  const before = tf.memory().numTensors;
  const pending = balancedGradsAsync(createBalancer(method), f, net.variables);
  const made = tf.square(net.features());
  minimize(optimizer, createBalancer('upgrad'), other.losses, other.variables);
  optimizer.minimize(() => other.losses().class as tf.Scalar, false, other.variables);
  const { grads } = await pending;
  expect(made.isDisposed).toBe(false);
  minimize(optimizer, createBalancer('upgrad'), alone.losses, alone.variables);
  optimizer.minimize(() => alone.losses().class as tf.Scalar, false, alone.variables);
  expect([...other.trunk.dataSync()]).toEqual([...alone.trunk.dataSync()]);
  const { grads: expected } = balancedGrads(createBalancer(method), f, net.variables);
  expect(numbersOf(grads)).toEqual(numbersOf(expected));
  tf.dispose([grads, expected]);
  // What this test has made besides: its own square, its tanh and product.
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose(made);
  optimizer.dispose();
  other.dispose();
  alone.dispose();
});

test.each(ways)('steps in a row leave no tensor: %s', async (_, method, f) => {
  const [balancer, optimizer] = [createBalancer(method), tf.train.adam(1e-3)];
  await minimizeAsync(optimizer, balancer, f, net.variables);
  const { numTensors, numBytes } = tf.memory();
  for (let i = 0; i < 20; i++) await minimizeAsync(optimizer, balancer, f, net.variables);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  optimizer.dispose();
});
