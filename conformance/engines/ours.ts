/** The problem on our own engine. */
import { crossEntropy, Input, mseLoss, mul, type Tensor, tanh } from '@counterpoise/engine';
import { Adam, Linear, Module, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import type { Balancer, Need } from 'counterpoise';
import {
  BATCH,
  BETAS,
  EPSILON,
  FEATURES,
  LAYERS,
  type LayerName,
  type LossName,
  type Problem,
  SCALE,
} from '../problem.js';
import type { Trajectory } from '../trajectory.js';
import type { Run } from './run.js';

const linear = (layer: LayerName) => new Linear(LAYERS[layer][0], LAYERS[layer][1]);

class Net extends Module {
  readonly first = linear('first');
  readonly second = linear('second');
  readonly classifier = linear('classifier');
  readonly locator = linear('locator');
  readonly judge = linear('judge');

  losses(x: Tensor, labels: Tensor, corners: Tensor, scores: Tensor): Record<LossName, Tensor> {
    const h = tanh(this.first.forward(x));
    const z = tanh(this.second.forward(h));
    return {
      class: crossEntropy(this.classifier.forward(z), labels),
      box: mseLoss(mul(this.locator.forward(z), SCALE), corners),
      early: mseLoss(this.judge.forward(h), scores),
    };
  }
}

/** Needs Node. */
export async function trainOurs(problem: Problem, balancer: Balancer<Need>, run: Run): Promise<Trajectory> {
  const net = new Net();
  const parameters = [...net.namedParameters()].filter(([name]) => Object.hasOwn(problem.parameters, name));
  for (const [name, { data }] of parameters) data.set(problem.parameters[name]!.values);
  const all = net.losses(
    new Input('x', [BATCH, FEATURES]),
    new Input('labels', [BATCH], 'int32'),
    new Input('corners', [BATCH, 2]),
    new Input('scores', [BATCH, 1]),
  );
  const losses = Object.fromEntries(problem.losses.map((name) => [name, all[name]]));
  const optimizer =
    problem.optimizer === 'sgd' ? new SGD(parameters) : new Adam(parameters, { betas: BETAS, eps: EPSILON });
  const step = await compileBalancedStep({ losses, optimizer }, balancer, { threads: 1, boundary: run.boundary });
  const rows: { losses: number[]; weights: number[] }[] = [];
  for (let t = 0; t < run.steps; t++) {
    const { x, labels, corners, scores } = problem.batches[t % problem.batches.length]!;
    const feeds = {
      x: Float32Array.from(x),
      labels: Int32Array.from(labels),
      corners: Float32Array.from(corners),
      // What no loss depends on is no input.
      ...(problem.losses.includes('early') && { scores: Float32Array.from(scores) }),
    };
    const { losses, weights } = await step.run(feeds, {
      step: t + 1,
      learningRate: problem.learningRate,
      epoch: Math.floor(t / run.stepsPerEpoch),
    });
    rows.push({ losses: Object.values(losses), weights: Object.values(weights) });
  }
  step.release();
  return {
    losses: rows.map((row) => row.losses),
    weights: rows.map((row) => row.weights),
    parameters: parameters.flatMap(([, { data }]) => [...data]),
  };
}
