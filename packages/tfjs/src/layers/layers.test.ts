import '../testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createBalancer } from 'counterpoise';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { minimize } from '../index.js';
import { compileBalanced } from './index.js';
import { expectClose, loss, makeData, makeModel, weightsOf } from './model.test.helper.js';

let model: tfl.LayersModel;
let data: ReturnType<typeof makeData>;
beforeEach(() => {
  model = makeModel();
  data = makeData();
});
afterEach(() => {
  model.dispose();
  tf.dispose(data);
});

const QUIET = { batchSize: 8, shuffle: false, verbose: 0 } as const;
const sgd = () => tf.train.sgd(0.01);
const numbers = (history: tfl.History, name: string) => history.history[name] as number[];

test('fit takes the steps of minimize, and its history has raw losses and weights', async () => {
  const balancer = createBalancer('running-max');
  compileBalanced(model, balancer, { optimizer: sgd(), loss });
  const history = await model.fit(data.x, data.y, { ...QUIET, epochs: 2 });

  const other = makeModel();
  const [optimizer, again] = [sgd(), createBalancer('running-max')];
  const steps = Array.from({ length: 6 }, (_, i) => {
    const [x, c, box] = [data.x, data.y.class, data.y.box].map((t) => tf.slice(t, [(i % 3) * 8, 0], [8, -1]));
    return minimize(optimizer, again, () => {
      const [classes, boxes] = other.call([x!], { training: true }) as tf.Tensor[];
      return {
        class: tf.mean(tfl.metrics.categoricalCrossentropy(c!, classes!)),
        box: tf.mean(tfl.metrics.meanSquaredError(box!, boxes!)),
      };
    });
  });
  expect(weightsOf(model)).toEqual(weightsOf(other));
  expect(balancer.state()).toEqual(again.state());
  const meanOf = (pick: (step: (typeof steps)[number]) => number) =>
    [0, 3].map((from) => steps.slice(from, from + 3).reduce((sum, step) => sum + pick(step) / 3, 0));
  expectClose(
    numbers(history, 'loss'),
    meanOf(({ total }) => total),
  );
  for (const name of ['class', 'box']) {
    expectClose(
      numbers(history, `${name}_loss`),
      meanOf(({ losses }) => losses[name]!),
    );
    expectClose(
      numbers(history, `${name}_weight`),
      meanOf(({ weights }) => weights[name]!),
    );
  }
  other.dispose();
});

test('with all weights 1 it is the fit of TensorFlow.js: penalties, class weights, metrics and all', async () => {
  const [balanced, plain] = [makeModel({ penalty: true }), makeModel({ penalty: true })];
  compileBalanced(balanced, createBalancer('sum'), { optimizer: sgd(), loss, metrics: { class: 'acc', box: 'mae' } });
  plain.compile({ optimizer: sgd(), loss, metrics: { class: 'acc', box: 'mae' } });
  const args = { ...QUIET, epochs: 3, classWeight: { class: { 0: 1, 1: 5, 2: 0.5 } } };
  const [a, b] = [await balanced.fit(data.x, data.y, args), await plain.fit(data.x, data.y, args)];
  for (const name of ['loss', 'class_loss', 'box_loss', 'class_acc', 'box_mae']) {
    expectClose(numbers(a, name), numbers(b, name));
  }
  for (const [at, weights] of weightsOf(plain).entries()) expectClose(weightsOf(balanced)[at]!, weights, 1e-4);
  balanced.dispose();
  plain.dispose();
});

test('validation and evaluate show raw losses and never reach the balancer', async () => {
  const balancer = createBalancer('running-max');
  compileBalanced(model, balancer, { optimizer: sgd(), loss, metrics: { class: 'acc' } });
  const history = await model.fit(data.x, data.y, { ...QUIET, epochs: 2, validationSplit: 1 / 3 });
  expect(balancer.steps).toBe(4);
  const state = balancer.state();
  const results = tf.tidy(() => {
    const [x, c, box] = [data.x, data.y.class, data.y.box].map((t) => tf.slice(t, [16, 0], [8, -1]));
    const scalars = model.evaluate(x!, { class: c!, box: box! } as never, { batchSize: 3 }) as tf.Scalar[];
    return scalars.map((scalar) => scalar.dataSync()[0]!);
  });
  expect(balancer.state()).toEqual(state);
  const evaluated = Object.fromEntries(model.metricsNames.map((name, i) => [name, results[i]!]));
  for (const name of model.metricsNames) expectClose([evaluated[name]!], [numbers(history, `val_${name}`)[1]!]);
  expect(evaluated.loss).toBeCloseTo(evaluated.class_loss! + evaluated.box_loss!, 1);
  expect(evaluated.class_acc! * 8).toBeCloseTo(Math.round(evaluated.class_acc! * 8), 4);
});

test('outputs whose names are numbers keep their order', async () => {
  const input = tfl.input({ shape: [6] });
  const outputs = ['2', '1'].map((name) => tfl.layers.dense({ units: 4, name }).apply(input) as tfl.SymbolicTensor);
  const numbered = tfl.model({ inputs: input, outputs });
  compileBalanced(numbered, createBalancer('sum'), { optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
  const targets = [tf.zeros([24, 4]), data.y.box];
  const history = await numbered.fit(data.x, targets, { verbose: 0, validationData: [data.x, targets] });
  for (const name of ['2', '1']) expectClose(numbers(history, `val_${name}_loss`), numbers(history, `${name}_loss`));
  tf.dispose(targets[0]!);
  numbered.dispose();
});

test('callbacks see the losses and may tell the epoch', async () => {
  let epoch = 0;
  compileBalanced(model, createBalancer('dwa'), { optimizer: sgd(), loss }, () => ({ epoch }));
  const seen: string[] = [];
  const history = await model.fit(data.x, data.y, {
    ...QUIET,
    epochs: 4,
    callbacks: {
      onEpochBegin: (now) => {
        epoch = now;
      },
      onBatchEnd: (_, logs) => {
        seen.push(Object.keys(logs!).join());
      },
    },
  });
  expect(new Set(seen)).toEqual(new Set(['batch,size,loss,class_loss,box_loss,class_weight,box_weight']));
  const weights = numbers(history, 'class_weight');
  expect(weights.slice(0, 2)).toEqual([1, 1]);
  expect(weights[2]).not.toBe(1);
});

test('fitDataset with validation, and trainOnBatch', async () => {
  const balancer = createBalancer('upgrad');
  compileBalanced(model, balancer, { optimizer: sgd(), loss });
  const batches = () =>
    [0, 8, 16].map((at) => ({
      xs: tf.slice(data.x, [at, 0], [8, -1]),
      ys: { class: tf.slice(data.y.class, [at, 0], [8, -1]), box: tf.slice(data.y.box, [at, 0], [8, -1]) },
    }));
  const dataset = {
    iterator: async () => {
      const left = batches();
      return { next: async () => ({ value: left.shift() ?? null, done: left.length === 0 }) };
    },
  };
  const history = await model.fitDataset(dataset as never, {
    epochs: 2,
    verbose: 0,
    validationData: [data.x, data.y] as never,
  });
  expect(numbers(history, 'box_weight')).toHaveLength(2);
  expect(numbers(history, 'val_box_loss')).toHaveLength(2);
  const steps = balancer.steps;
  const out = (await model.trainOnBatch(data.x, data.y)) as number[];
  expect(out).toHaveLength(model.metricsNames.length);
  expect(balancer.steps).toBe(steps + 1);
});

test('no tensor is left, neither by fit nor by a fit that fails', async () => {
  const optimizer = sgd();
  compileBalanced(model, createBalancer('running-max'), { optimizer, loss, metrics: { class: 'acc' } });
  const fit = (y: object) => model.fit(data.x, y as never, { ...QUIET, epochs: 2, validationSplit: 0.25 });
  await fit(data.y);
  const before = tf.memory().numTensors;
  await fit(data.y);
  expect(tf.memory().numTensors).toBe(before);
  const bad = { class: data.y.class, box: tf.mul(data.y.box, Number.NaN) };
  await expect(fit(bad)).rejects.toThrow('loss "box" is NaN');
  bad.box.dispose();
  // The loop of TensorFlow.js itself leaves the indices of the epoch behind.
  expect(tf.memory().numTensors - before).toBeLessThanOrEqual(1);
});

test('a plain compile takes the balance back', async () => {
  compileBalanced(model, createBalancer('running-max'), { optimizer: sgd(), loss });
  model.compile({ optimizer: sgd(), loss });
  const history = await model.fit(data.x, data.y, { ...QUIET, epochs: 1 });
  expect(Object.keys(history.history)).toEqual(['loss', 'class_loss', 'box_loss']);
});

test('what cannot be balanced', () => {
  const input = tfl.input({ shape: [2] });
  const single = tfl.model({
    inputs: input,
    outputs: tfl.layers.dense({ units: 1, name: 'alone' }).apply(input) as tfl.SymbolicTensor,
  });
  const compileSingle = () =>
    compileBalanced(single, createBalancer('sum'), { optimizer: 'sgd', loss: 'meanSquaredError' });
  expect(compileSingle).toThrow('the model must have two or more outputs to balance, got alone');
  const other = createBalancer('sum', { tasks: ['class', 'mask'] });
  expect(() => compileBalanced(model, other, { optimizer: 'sgd', loss })).toThrow(
    'the balancer has the losses class, mask, but the outputs of the model are class, box',
  );
  single.dispose();

  const head = tfl.layers.dense({ units: 1, name: 'head' });
  const twice = tfl.model({
    inputs: input,
    outputs: [1, 2].map(() => head.apply(tfl.layers.dense({ units: 3 }).apply(input)) as tfl.SymbolicTensor),
  });
  expect(() => compileBalanced(twice, createBalancer('sum'), { optimizer: 'sgd', loss: 'meanSquaredError' })).toThrow(
    'the model has two outputs named head: give each a layer of its own',
  );
  twice.dispose();
});
