/** One balanced step of a model on a batch. */
import { add, dispose, keep, type NamedTensorMap, type Scalar, type Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Balancer, Need } from 'counterpoise';
import { balancedGrads } from '../balanced-grads.js';
import type { BalancedSettings, BalancedStep } from '../step.js';
import { tidied } from '../tape.js';
import { inOrder } from '../variables.js';
import { type Batch, forward, lossesOf, metricsOf } from './batch.js';
import { internalsOf } from './internals.js';
import { penaltyOf } from './penalty.js';

export interface TrainStep extends BalancedStep {
  /** What the regularisers add to the total. */
  readonly penalty: number;
  /** Of the outputs before the update; to be disposed by the caller. */
  readonly metrics: readonly Scalar[];
}

export function trainStep<N extends Need>(
  model: LayersModel,
  balancer: Balancer<N>,
  batch: Batch,
  settings: BalancedSettings,
): TrainStep {
  const variables = internalsOf(model).collectedTrainableWeights.map((weight) => weight.read() as Variable);
  const metrics: Scalar[] = [];
  const losses = () => {
    const outputs = forward(model, batch, true);
    metrics.push(...metricsOf(model, batch, outputs).map((metric) => keep(metric)));
    return lossesOf(model, batch, outputs);
  };
  try {
    return tidied(() => {
      const { grads, ...numbers } = balancedGrads(balancer, losses, variables, settings);
      const penalty = penaltyOf(model, variables);
      model.optimizer.applyGradients(inOrder(variables, sumOf(grads, penalty.grads)));
      return { ...numbers, penalty: penalty.value, metrics };
    });
  } catch (error) {
    dispose(metrics);
    throw error;
  }
}

function sumOf(a: NamedTensorMap, b: NamedTensorMap): NamedTensorMap {
  const sums = { ...a, ...b };
  for (const name of Object.keys(b)) if (a[name]) sums[name] = add(a[name], b[name]!);
  return sums;
}
