/**
 * tsc -b && node benchmarks/tfjs.mjs: what a balanced step costs on TensorFlow.js, beside its plain loop.
 *
 *     node benchmarks/tfjs.mjs [--net conv-cpu|dense-wasm] [--losses 2,3] [--way parameters] [--rounds 30] [--steps 5] [--json]
 *     node benchmarks/tfjs.mjs --leaks [--steps 10000]
 *
 * The plain loop is `optimizer.minimize` of the sum of the losses, which are read as numbers afterwards. Both take turns in one
 * process, a few steps each; a cost is the median over the rounds, but the first three, of the CPU time of the way over that of the
 * plain loop in the same round (CPU time, for other programs of the machine disturb it less than the clock's). A convolutional
 * net on the cpu backend (wasm has no gradient of a filter), a dense one on wasm; a head per loss; SGD. `running-max` stands for all
 * methods of loss values, `mgda` for all on a Gramian.
 * With --leaks every way takes so many steps on a small net, and tensors and heap are counted.
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { minimize } from '@counterpoise/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { createBalancer } from 'counterpoise';
// Registers the gradients of the operations, which tfjs-core leaves out.
import '@tensorflow/tfjs-layers';
import { median, spread } from './turns.mjs';

const { values } = parseArgs({
  options: {
    net: { type: 'string' },
    losses: { type: 'string', default: '2,3' },
    way: { type: 'string' },
    rounds: { type: 'string', default: '30' },
    steps: { type: 'string' },
    leaks: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const WARM_UP = 3;

let seed = 0;
const normal = (shape, deviation = 0.1) => tf.randomNormal(shape, 0, deviation, 'float32', ++seed);
const variable = (shape) => tf.variable(normal(shape, Math.sqrt(2 / tf.util.sizeFromShape(shape.slice(0, -1)))));

/** A head per loss, the loss of the last a thousand times that of the first. */
function withHeads(trunk, variables, features, batch, losses) {
  const heads = Array.from({ length: losses }, () => variable([features, 10]));
  const targets = heads.map((_, k) => normal([batch, 10], 1000 ** (k / Math.max(1, losses - 1))));
  return {
    trunk,
    heads: (z) =>
      Object.fromEntries(heads.map((w, k) => [`t${k}`, tf.losses.meanSquaredError(targets[k], tf.matMul(z, w))])),
    variables: [...variables, ...heads],
  };
}

const NETS = {
  'conv-cpu': {
    backend: 'cpu',
    steps: 2,
    make(losses, [batch, size, channels, features] = [4, 16, 8, 32]) {
      const x = normal([batch, size, size, 3], 1);
      const [a, b] = [variable([3, 3, 3, channels]), variable([3, 3, channels, 2 * channels])];
      const c = variable([(size / 4) ** 2 * 2 * channels, features]);
      const block = (z, w) => tf.avgPool(tf.relu(tf.conv2d(z, w, 1, 'same')), 2, 2, 'same');
      const trunk = () => tf.relu(tf.matMul(tf.reshape(block(block(x, a), b), [batch, -1]), c));
      return withHeads(trunk, [a, b, c], features, batch, losses);
    },
  },
  'dense-wasm': {
    backend: 'wasm',
    steps: 5,
    make(losses, [batch, inputs, features] = [64, 256, 384]) {
      const x = normal([batch, inputs], 1);
      const [a, b, c] = [variable([inputs, features]), variable([features, features]), variable([features, features])];
      const trunk = () => [a, b, c].reduce((z, w) => tf.relu(tf.matMul(z, w)), x);
      return withHeads(trunk, [a, b, c], features, batch, losses);
    },
  },
};

/** Each a function that takes one step; the plain loop is first. */
const WAYS = {
  plain: ({ trunk, heads, variables }, optimizer) => {
    return () => {
      const total = () => tf.addN(Object.values(heads(trunk())));
      tf.tidy(() => optimizer.minimize(total, true, variables).dataSync());
    };
  },
  values: (net, optimizer) => balanced('running-max', net, optimizer, () => net.heads(net.trunk())),
  representation: (net, optimizer) => balanced('mgda', net, optimizer, { trunk: net.trunk, heads: net.heads }),
  parameters: (net, optimizer) => balanced('mgda', net, optimizer, () => net.heads(net.trunk())),
};

function balanced(method, { variables }, optimizer, f) {
  const balancer = createBalancer(method);
  return () => minimize(optimizer, balancer, f, variables);
}

function cpuMs(step, steps) {
  const start = process.cpuUsage();
  for (let i = 0; i < steps; i++) step();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / steps;
}

function measure(net, steps, way) {
  const optimizer = tf.train.sgd(1e-6);
  const [plain, other] = [WAYS.plain(net, optimizer), WAYS[way](net, optimizer)];
  const times = { plain: [], other: [] };
  for (let round = 0; round < Number(values.rounds) + WARM_UP; round++) {
    const turns = [() => times.plain.push(cpuMs(plain, steps)), () => times.other.push(cpuMs(other, steps))];
    for (const turn of round % 2 ? turns.toReversed() : turns) turn();
  }
  optimizer.dispose();
  const [base, over] = [times.plain.slice(WARM_UP), times.other.slice(WARM_UP)];
  const costs = over.map((ms, round) => ms / base[round]);
  return { plainMs: median(base), ms: median(over), cost: median(costs), costs };
}

const print = (text) => values.json || process.stdout.write(`${text}\n`);
const row = (cells) =>
  print(cells.map((cell, i) => String(cell)[i < 3 ? 'padEnd' : 'padStart'](i < 3 ? 16 : 12)).join(''));
const only = (list, wanted) => list.filter((name) => !wanted || name === wanted);

async function costs() {
  const results = [];
  row(['net', 'losses', 'way', 'plain ms', 'ms', 'cost', 'quartiles']);
  for (const name of only(Object.keys(NETS), values.net)) {
    const { backend, steps, make } = NETS[name];
    await tf.setBackend(backend);
    for (const losses of values.losses.split(',').map(Number)) {
      for (const way of only(['values', 'representation', 'parameters'], values.way)) {
        const net = make(losses);
        const result = measure(net, Number(values.steps ?? steps), way);
        tf.disposeVariables();
        results.push({ net: name, losses, way, ...result });
        const sorted = result.costs.toSorted((a, b) => a - b);
        const middle = sorted.slice(sorted.length >> 2, Math.ceil(sorted.length * 0.75));
        row([
          name,
          losses,
          way,
          result.plainMs.toFixed(2),
          result.ms.toFixed(2),
          result.cost.toFixed(3),
          spread(middle),
        ]);
      }
    }
  }
  return results;
}

/** Tensors and heap after a fifth, three fifths and all of the steps: the first must stay, the second not grow by a MB. */
async function leaks() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const heapMb = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  await tf.setBackend('cpu');
  const steps = Number(values.steps ?? 10_000);
  const net = NETS['conv-cpu'].make(2, [1, 4, 2, 4]);
  const results = [];
  row(['way', 'tensors', '', '', 'heap MB']);
  for (const way of only(Object.keys(WAYS), values.way)) {
    const optimizer = tf.train.adam(1e-6);
    const step = WAYS[way](net, optimizer);
    const counts = [];
    for (const many of [0.2, 0.4, 0.4].map((part) => part * steps)) {
      for (let i = 0; i < many; i++) step();
      counts.push({ tensors: tf.memory().numTensors, heap: heapMb() });
    }
    optimizer.dispose();
    results.push({ way, steps, counts });
    row([way, ...counts.map(({ tensors }) => tensors), ...counts.map(({ heap }) => heap.toFixed(2))]);
    const grown = (count) => counts.at(-1)[count] - counts[0][count];
    if (grown('tensors') !== 0 || grown('heap') > 1) process.exitCode = 1;
  }
  return results;
}

const results = await (values.leaks ? leaks() : costs());
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
