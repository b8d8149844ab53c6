/** Balanced training by `model.fit`: what `lossWeights` would be, with weights that follow the losses. */
import { addN, type Scalar, scalar, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel, ModelCompileArgs } from '@tensorflow/tfjs-layers';
import { type Balancer, CounterpoiseError, type Need } from 'counterpoise';
import type { BalancedSettings } from '../step.js';
import { forward, lossesOf, metricsOf, splitBatch } from './batch.js';
import { type BatchFunction, internalsOf } from './internals.js';
import { trainStep } from './train-step.js';

/**
 * The balanced counterpart of `model.compile`, for a model with two or more outputs. `fit`, `fitDataset`, `trainOnBatch` and
 * `evaluate` then work as always; the names of the losses are those of the outputs. Logs and history have `loss`, the weighted
 * total with the penalties of regularisers, for each output NAME the raw loss `NAME_loss` and its weight `NAME_weight`, and the
 * metrics. In validation `val_loss` is the plain sum of the raw losses, so that it means the same in every epoch, and
 * `val_NAME_weight` the weight of the last training step. Validation never reaches the balancer.
 *
 * @param settings called in every step, for what only the caller knows: the epoch, say, from a callback.
 * @throws CounterpoiseError if the model has a single output or two of one name, or the balancer other losses than the outputs;
 * in `fit` what `balancedGrads` throws.
 */
export function compileBalanced<N extends Need>(
  model: LayersModel,
  balancer: Balancer<N>,
  args: ModelCompileArgs,
  settings: () => BalancedSettings = () => ({}),
): void {
  const names = [...model.outputNames];
  checkOutputs(names, balancer.tasks);
  restorePlain(model);
  model.compile(args);
  model.metricsNames.push(...names.map((name) => `${name}_weight`));
  const internals = internalsOf(model);
  let weights: readonly number[] = names.map(() => 1);
  const shownWeights = () => weights.map((weight) => scalar(weight));

  const train: BatchFunction = (data) => {
    const step = trainStep(model, balancer, splitBatch(model, data), settings());
    weights = names.map((name) => step.weights[name]!);
    const losses = names.map((name) => scalar(step.losses[name]!));
    return [scalar(step.total + step.penalty), ...losses, ...step.metrics, ...shownWeights()];
  };
  const test: BatchFunction = (data) =>
    tidy(() => {
      const batch = splitBatch(model, data);
      const outputs = forward(model, batch, false);
      const byName = lossesOf(model, batch, outputs);
      // Not its values in turn: JavaScript puts names that are numbers first.
      const losses = names.map((name) => byName[name]!);
      return [addN<Scalar>(losses), ...losses, ...metricsOf(model, batch, outputs), ...shownWeights()];
    });
  Object.assign(internals, {
    makeTrainFunction: () => train,
    makeTestFunction: () => {
      internals.testFunction = test;
    },
    compile: (again: ModelCompileArgs) => {
      restorePlain(model);
      model.compile(again);
    },
  });
}

/** Takes back what an earlier `compileBalanced` put in the place of the methods of the class. */
function restorePlain(model: LayersModel): void {
  for (const own of ['makeTrainFunction', 'makeTestFunction', 'compile']) Reflect.deleteProperty(model, own);
}

function checkOutputs(names: readonly string[], tasks: readonly string[] | null): void {
  if (names.length < 2) {
    throw new CounterpoiseError(
      'option',
      `the model must have two or more outputs to balance, got ${names.join(', ')}`,
    );
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new CounterpoiseError('option', `the model has two outputs named ${twice}: give each a layer of its own`);
  }
  if (tasks && [...tasks].sort().join() !== [...names].sort().join()) {
    throw new CounterpoiseError(
      'option',
      `the balancer has the losses ${tasks.join(', ')}, but the outputs of the model are ${names.join(', ')}`,
    );
  }
}
