/** The problem on TensorFlow.js, on the backend that is set. Runs in Node and in a browser. */
import { minimize } from '@counterpoise/tfjs';
// Registers the gradients of the operations, which tfjs-core leaves out.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import type { Balancer, Need } from 'counterpoise';
import {
  BATCH,
  BETAS,
  CLASSES,
  EPSILON,
  FEATURES,
  LAYERS_OF,
  type LayerName,
  type PlainBatch,
  type Problem,
  SCALE,
} from '../problem.js';
import type { Trajectory } from '../trajectory.js';
import type { Run } from './run.js';

export async function trainTfjs(problem: Problem, balancer: Balancer<Need>, run: Run): Promise<Trajectory> {
  const variables = Object.fromEntries(
    Object.entries(problem.parameters).map(([name, { shape, values }]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor(values as number[], shape as number[]))),
    ]),
  );
  const { learningRate } = problem;
  const optimizer =
    problem.optimizer === 'sgd' ? tf.train.sgd(learningRate) : tf.train.adam(learningRate, ...BETAS, EPSILON);
  const losses: number[][] = [];
  const weights: number[][] = [];
  for (let t = 0; t < run.steps; t++) {
    const f = lossesOf(problem, variables, problem.batches[t % problem.batches.length]!);
    const step = minimize(
      optimizer,
      balancer,
      run.boundary === 'representation' ? f : () => f.heads(f.trunk()),
      Object.values(variables),
      { epoch: Math.floor(t / run.stepsPerEpoch) },
    );
    losses.push(problem.losses.map((name) => step.losses[name]!));
    weights.push(problem.losses.map((name) => step.weights[name]!));
  }
  const parameters: number[] = [];
  for (const variable of Object.values(variables)) parameters.push(...(await variable.data()));
  tf.dispose(variables);
  optimizer.dispose();
  return { losses, weights, parameters };
}

/** Cut where the last tensors are that all losses depend on: after the first layer where there is an early loss. */
function lossesOf({ losses }: Problem, variables: Readonly<Record<string, tf.Variable>>, batch: PlainBatch) {
  const linear = (layer: LayerName, x: tf.Tensor) =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, variables[`${layer}.weight`] as tf.Tensor as tf.Tensor2D, false, true),
      variables[`${layer}.bias`]!,
    );
  const first = () => tf.tanh(linear('first', tf.tensor2d(batch.x as number[], [BATCH, FEATURES])));
  const second = (h: tf.Tensor) => tf.tanh(linear('second', h));
  const isSharedByAll = losses.every((loss) => LAYERS_OF[loss].includes('second'));
  return {
    trunk: () => (isSharedByAll ? second(first()) : first()),
    heads: (trunk: tf.Tensor) => {
      const z = isSharedByAll ? trunk : second(trunk);
      const corners = tf.tensor2d(batch.corners as number[], [BATCH, 2]);
      return {
        class: tf.losses.softmaxCrossEntropy(
          tf.oneHot(tf.tensor1d(batch.labels as number[], 'int32'), CLASSES),
          linear('classifier', z),
        ) as tf.Tensor,
        box: tf.losses.meanSquaredError(corners, tf.mul(linear('locator', z), SCALE)) as tf.Tensor,
        ...(losses.includes('early') && {
          early: tf.losses.meanSquaredError(
            tf.tensor2d(batch.scores as number[], [BATCH, 1]),
            linear('judge', trunk),
          ) as tf.Tensor,
        }),
      };
    },
  };
}
