/** The network of the GradNorm toy, and one training of it under a balancing method. */
import { compile, Input, mseLoss } from '@counterpoise/engine';
import { Adam, initialise, Linear, Module, Random, ReLU, Sequential, SGD } from '@counterpoise/nn';
import { compileBalancedStep, createStepMethod } from '@counterpoise/training';
import { Balancer } from 'counterpoise';
import { parseComposition, parseOptions } from 'counterpoise/catalog';
import { BATCH_SIZE, feedsOf, INPUTS, OUTPUTS, SIGMAS, TEST_ROWS, targetInput, toyBatches, toyData } from './data.mjs';

const WIDTH = 100;
const OPTIMIZERS = {
  adam: (parameters) => new Adam(parameters),
  sgd: (parameters) => new SGD(parameters, { momentum: 0.9 }),
};

export const TASKS = Object.keys(SIGMAS).map(Number);
export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS);

/** Where a method looks at gradients: where its paper does. All others look at all shared parameters, the exact place. */
const BOUNDARY_OF_PAPER = { 'grad-norm': 'last-layer', encodec: 'output' };

export const lossName = (task) => `f${task + 1}`;
export const lossNames = (tasks) => Array.from({ length: tasks }, (_, task) => lossName(task));

/** The method of a request. @throws CounterpoiseError if there is none such, or if its options do not fit. */
export function balanceOf({ method: name, options, wraps }, tasks) {
  const { method, stage } = createStepMethod(name, parseOptions(name, options), parseComposition(wraps));
  const boundary = BOUNDARY_OF_PAPER[name] ?? 'parameters';
  return { balancer: new Balancer(method, { tasks: lossNames(tasks) }), stage, boundary };
}

/** A trunk of four layers with ReLU, and an affine head per task. */
class ToyNetwork extends Module {
  constructor(tasks) {
    super();
    const layers = [INPUTS, WIDTH, WIDTH, WIDTH].flatMap((inputs) => [new Linear(inputs, WIDTH), new ReLU()]);
    this.trunk = new Sequential(...layers);
    this.heads = Array.from({ length: tasks }, () => new Linear(WIDTH, OUTPUTS));
  }

  /** The mean squared error of each task over some rows. */
  losses(rows) {
    const features = this.trunk.forward(new Input('x', [rows, INPUTS]));
    const each = this.heads.map((head, i) => {
      return [lossName(i), mseLoss(head.forward(features), new Input(targetInput(i), [rows, OUTPUTS]))];
    });
    return Object.fromEntries(each);
  }
}

/**
 * Everything of a run before its first step. Functions, points, weights and batches depend on the seed alone.
 * @returns `step` and its `batches`, `test()`, which gives the losses on the test set in units of the targets as they were
 * before standardisation, and `release()`.
 */
export async function startToy({ tasks, optimizer, standardize }, request) {
  const { balancer, stage, boundary } = balanceOf(request, tasks);
  const sigmas = SIGMAS[tasks];
  const data = await toyData(request.seed, standardize ? sigmas.map(() => 1) : sigmas);
  const random = new Random(request.seed);
  const network = initialise(new ToyNetwork(tasks), random.fork('weights'));
  const graph = { losses: network.losses(BATCH_SIZE), optimizer: OPTIMIZERS[optimizer](network.namedParameters()) };
  const step = await compileBalancedStep(graph, balancer, { threads: 1, boundary, stage });
  const tester = await compile([{ name: 'test', outputs: network.losses(TEST_ROWS) }], { threads: 1 });
  const testFeeds = feedsOf(data.test);
  return {
    step,
    batches: toyBatches(data.train, random.fork('batches')),
    async test() {
      const losses = await tester.run('test', testFeeds);
      return Object.fromEntries(
        sigmas.map((sigma, i) => [lossName(i), losses[lossName(i)][0] * (standardize ? sigma ** 2 : 1)]),
      );
    },
    release() {
      step.release();
      tester.release();
    },
  };
}
