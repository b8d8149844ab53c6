export * as init from './init.js';
export { type Initialiser, initialise } from './init.js';
export { ReLU, Sigmoid, Tanh } from './layers/activations.js';
export { BatchNorm2d, type BatchNorm2dOptions } from './layers/batch-norm.js';
export { Flatten, Identity, Sequential } from './layers/containers.js';
export { Conv2d, type Conv2dOptions } from './layers/conv2d.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export {
  AdaptiveAvgPool2d,
  AvgPool2d,
  type AvgPool2dOptions,
  MaxPool2d,
  type MaxPool2dOptions,
} from './layers/pooling.js';
export { Module, type TensorModule, type VariableUpdate } from './module.js';
export { Adam, type AdamOptions, AdamW } from './optim/adam.js';
export { type ClippedGradients, clipGradNorm } from './optim/clip.js';
export { ExponentialMovingAverage } from './optim/ema.js';
export { type NamedParameter, Optimizer, type ParameterGroup } from './optim/optimizer.js';
export { SGD, type SGDOptions } from './optim/sgd.js';
export { Parameter } from './parameter.js';
export { PopArt, type PopArtOptions, type PopArtState, type TargetScale } from './pop-art.js';
export { type Pth, readPth } from './pth/state-dict.js';
export { Random, type RandomState } from './random.js';
export { ResNet, type ResNetOptions, resnet18, resnet34, resnet50, resnet101 } from './resnet.js';
export {
  encodeSafetensors,
  type HostTensor,
  readSafetensors,
  type Safetensors,
  safetensorsParts,
} from './safetensors.js';
export {
  cosineSchedule,
  createSchedule,
  linearWarmUp,
  type Schedule,
  type ScheduleOptions,
  stepSchedule,
  type WarmUpOptions,
} from './schedules.js';
export {
  type LoadStateDictOptions,
  type LoadStateDictResult,
  loadInto,
  type StateDict,
  StateDictError,
  type StateTensor,
  stateDictOf,
} from './state-dict.js';
export { loadResnetWeights } from './weights.js';
