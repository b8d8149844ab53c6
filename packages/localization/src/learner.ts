/** The things that learn: network, optimiser and balancer. */
import {
  Adam,
  AdamW,
  createSchedule,
  type ExponentialMovingAverage,
  type HostTensor,
  initialise,
  loadResnetWeights,
  type Optimizer,
  Random,
  type Schedule,
  SGD,
  type StateTensor,
} from '@counterpoise/nn';
import type { GradientStage } from '@counterpoise/training';
import type { Balancer, Need } from 'counterpoise';
import type { BoxCoding } from './box-head.js';
import { BoxPopArt } from './box-pop-art.js';
import type { LocalizerConfig } from './config.js';
import { createConfiguredBalancer } from './configured-balancer.js';
import { createModel, type TwoHeadResNet } from './model.js';
import { averageOf, parameterGroups } from './transfer.js';

export interface Learner {
  readonly model: TwoHeadResNet;
  /** What is evaluated and kept: the model itself, or the one that holds the moving average of its weights. */
  readonly evaluated: TwoHeadResNet;
  /** Of `model` in `evaluated`; absent if that is the model itself. */
  readonly average: ExponentialMovingAverage | undefined;
  readonly optimizer: Optimizer;
  readonly balancer: Balancer<Need>;
  /** With a method of whole gradients: the part that works on them. */
  readonly stage: GradientStage | undefined;
  /** With targets that are standardised by PopArt. */
  readonly popArt: BoxPopArt | undefined;
  /** Factor on the learning rate; time in epochs. */
  readonly schedule: Schedule;
}

/** A learner at its very beginning. @throws Error if the weights file does not fit, CounterpoiseError on wrong options. */
export function createLearner(
  config: LocalizerConfig,
  classes: number,
  boxCoding: BoxCoding,
  stepsPerEpoch: number,
): Learner {
  const { balancer, stage } = createConfiguredBalancer(config);
  const model = initialise(createModel(config.backbone, classes, boxCoding), new Random(config.seed).fork('weights'));
  if (config.weights !== null) loadResnetWeights(model.backbone, config.weights);
  const evaluated = config.ema === null ? model : createModel(config.backbone, classes, boxCoding);
  const average = config.ema === null ? undefined : averageOf(evaluated, model, config.ema);
  const optimizer = createOptimizer(model, config, stepsPerEpoch);
  const layers = evaluated === model ? [model.box] : [model.box, evaluated.box];
  const popArt = model.boxScale && new BoxPopArt(boxCoding.head, model.boxScale, layers);
  return { model, evaluated, average, optimizer, balancer, stage, popArt, schedule: scheduleOf(config) };
}

function createOptimizer(model: TwoHeadResNet, config: LocalizerConfig, stepsPerEpoch: number): Optimizer {
  const { optimizer, weightDecay } = config;
  const groups = parameterGroups(model, config, stepsPerEpoch);
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
const AVERAGE = 'average.';
const OPTIMIZER = 'optimizer.';
const STAGE = 'gradients.';

/**
 * Everything that is a tensor: `model.<state-dict key>`, `optimizer.<parameter>.<state>`, with a moving average
 * `average.<state-dict key>`, with a method of whole gradients `gradients.<parameter>.<state>`. Live values, not copies.
 */
export function learnerTensors({ model, evaluated, optimizer, stage }: Learner): Map<string, HostTensor> {
  return new Map([
    ...modelTensors(model),
    ...renamed(optimizer.stateDict(), (key) => OPTIMIZER + key),
    ...(evaluated === model ? [] : renamed<HostTensor>(evaluated.stateDict(), (key) => AVERAGE + key)),
    ...(stage ? renamed<HostTensor>(stage.state.stateDict(), (key) => STAGE + key) : []),
  ]);
}

/** The network alone, as a best checkpoint holds it. */
export function modelTensors(model: TwoHeadResNet): Map<string, HostTensor> {
  return renamed<HostTensor>(model.stateDict(), (key) => MODEL + key);
}

/**
 * Loads the network to be used from a best or a last checkpoint: where that holds a moving average, the average.
 * @throws StateDictError if the tensors are those of another architecture.
 */
export function loadModelTensors(model: TwoHeadResNet, tensors: ReadonlyMap<string, HostTensor>): void {
  const average = part(tensors, AVERAGE);
  model.loadStateDict(average.size > 0 ? average : part(tensors, MODEL));
}

/** @throws StateDictError if the tensors are those of another architecture or optimiser. */
export function loadLearnerTensors(learner: Learner, tensors: ReadonlyMap<string, HostTensor>): void {
  learner.model.loadStateDict(part(tensors, MODEL));
  if (learner.evaluated !== learner.model) learner.evaluated.loadStateDict(part(tensors, AVERAGE));
  learner.optimizer.loadStateDict(part(tensors, OPTIMIZER));
  learner.stage?.state.loadStateDict(part(tensors, STAGE));
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

/**
 * Reads the weights file, if there is one, to see whether it fits.
 * @returns notices, one line each: what of the file is left out, and what may be wrong with it.
 * @throws Error that names the file.
 */
export function checkWeights({ weights, backbone }: LocalizerConfig): string[] {
  return weights === null ? [] : loadResnetWeights(createModel(backbone, 1).backbone, weights);
}
