/** The things that learn: network, optimiser and balancer, with their compiled step. */
import { Input } from '@counterpoise/engine';
import {
  Adam,
  AdamW,
  createSchedule,
  type HostTensor,
  initialise,
  loadResnetWeights,
  type Optimizer,
  Random,
  type Schedule,
  SGD,
  type StateTensor,
} from '@counterpoise/nn';
import { type BalancedStep, compileBalancedStep } from '@counterpoise/training';
import type { Balancer } from 'counterpoise';
import { createConfiguredBalancer, type LocalizerConfig } from './config.js';
import { trainingLosses } from './losses.js';
import { createModel, type TwoHeadResNet } from './model.js';

export interface Learner {
  readonly model: TwoHeadResNet;
  readonly optimizer: Optimizer;
  readonly balancer: Balancer;
  /** Factor on the learning rate; time in epochs. */
  readonly schedule: Schedule;
}

/** A learner at its very beginning. @throws Error if the weights file does not fit, CounterpoiseError on wrong options. */
export function createLearner(config: LocalizerConfig, classes: number): Learner {
  const balancer = createConfiguredBalancer(config);
  const model = initialise(createModel(config.backbone, classes), new Random(config.seed).fork('weights'));
  if (config.weights !== null) loadResnetWeights(model.backbone, config.weights);
  return { model, optimizer: createOptimizer(model, config), balancer, schedule: scheduleOf(config) };
}

/** The step for one batch size; feeds are `images`, `labels` and `boxes`. */
export async function compileLearnerStep(
  { model, optimizer, balancer }: Learner,
  config: LocalizerConfig,
  batchSize: number,
): Promise<BalancedStep> {
  const { imageSize, threads } = config;
  const images = new Input('images', [batchSize, 3, imageSize, imageSize]);
  const targets = { labels: new Input('labels', [batchSize], 'int32'), boxes: new Input('boxes', [batchSize, 4]) };
  const losses = trainingLosses(model.forward(images), targets, config);
  return compileBalancedStep({ losses, updates: model.takeUpdates(), optimizer }, balancer, { threads });
}

/** Weight decay as usual for residual networks: on the weights of convolutions and heads, not on scales and biases. */
function createOptimizer(model: TwoHeadResNet, { optimizer, weightDecay }: LocalizerConfig): Optimizer {
  const all = model.namedParameters();
  const groups = [
    { params: all.filter(([, parameter]) => parameter.shape.length > 1) },
    { params: all.filter(([, parameter]) => parameter.shape.length === 1), weightDecay: 0 },
  ];
  switch (optimizer) {
    case 'sgd':
      return new SGD(groups, { momentum: 0.9, weightDecay });
    case 'adam':
      return new Adam(groups, { weightDecay });
    case 'adamw':
      return new AdamW(groups, { weightDecay });
  }
}

function scheduleOf({ schedule, epochs, warmUp }: LocalizerConfig): Schedule {
  const length = epochs - warmUp;
  const warm = warmUp > 0 ? { warmUp: { length: warmUp, startFactor: 0.1 } } : {};
  switch (schedule) {
    case 'constant':
      return createSchedule({ kind: 'constant', ...warm });
    case 'step':
      return createSchedule({ kind: 'step', stepSize: length / 3, ...warm });
    case 'cosine':
      return createSchedule({ kind: 'cosine', tMax: length, ...warm });
  }
}

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

/** Everything that is a tensor: `model.<state-dict key>` and `optimizer.<parameter>.<state>`. Live values, not copies. */
export function learnerTensors({ model, optimizer }: Pick<Learner, 'model' | 'optimizer'>): Map<string, HostTensor> {
  return new Map([...modelTensors(model), ...renamed(optimizer.stateDict(), (key) => OPTIMIZER + key)]);
}

/** The network alone, as a best checkpoint holds it. */
export function modelTensors(model: TwoHeadResNet): Map<string, HostTensor> {
  return renamed<HostTensor>(model.stateDict(), (key) => MODEL + key);
}

/** @throws StateDictError if the tensors are those of another architecture. */
export function loadModelTensors(model: TwoHeadResNet, tensors: ReadonlyMap<string, HostTensor>): void {
  model.loadStateDict(part(tensors, MODEL));
}

/** @throws StateDictError if the tensors are those of another architecture or optimiser. */
export function loadLearnerTensors(learner: Learner, tensors: ReadonlyMap<string, HostTensor>): void {
  loadModelTensors(learner.model, tensors);
  learner.optimizer.loadStateDict(part(tensors, OPTIMIZER));
}

function renamed<T extends HostTensor>(
  tensors: ReadonlyMap<string, T>,
  rename: (key: string) => string,
): Map<string, T> {
  return new Map([...tensors].map(([key, tensor]) => [rename(key), tensor]));
}

function part(tensors: ReadonlyMap<string, HostTensor>, prefix: string): Map<string, StateTensor> {
  const found = new Map<string, StateTensor>();
  for (const [key, { dtype, shape, data }] of tensors) {
    if (key.startsWith(prefix) && dtype === 'F32') found.set(key.slice(prefix.length), { shape, data });
  }
  return found;
}

/** Reads the weights file, if there is one, to see whether it fits. @throws Error that names the file. */
export function checkWeights({ weights, backbone }: LocalizerConfig): void {
  if (weights !== null) loadResnetWeights(createModel(backbone, 1).backbone, weights);
}
