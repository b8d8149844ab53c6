export { type GradientOptions, gradients, vjp } from './graph/gradients.js';
export { findSharing, type Sharing } from './graph/sharing.js';
export {
  type Attributes,
  type AttributeValue,
  Constant,
  type DType,
  formatShape,
  Input,
  type Operation,
  type Shape,
  sameShape,
  sizeOf,
  Tensor,
  Variable,
} from './graph/tensor.js';
export { type FactoredGradients, factoredGradients } from './lowering/factored-gradients.js';
export { type BatchBuilder, describeOnnx, type ExportOptions, exportOnnx } from './onnx/export.js';
export { encodeModel, type OnnxInitializer, type OnnxModel, type OnnxNode, type OnnxValue } from './onnx/model.js';
export { MessageWriter } from './onnx/protobuf.js';
export type { Pair } from './ops/arguments.js';
export {
  type BatchNormOptions,
  type BatchStatistics,
  batchNormInference,
  batchNormTraining,
} from './ops/batch-norm.js';
export { constant, type Operand, scalar, stopGradient } from './ops/constants.js';
export { type Conv2dOptions, conv2d } from './ops/conv.js';
export { add, div, equal, greater, less, maximum, minimum, mul, pow, sub, where } from './ops/elementwise.js';
export { ShapeError } from './ops/errors.js';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LossOptions,
  l1Loss,
  mseLoss,
  type Reduction,
  type SmoothL1Options,
  smoothL1Loss,
} from './ops/losses.js';
export { linear, matmul } from './ops/matmul.js';
export { type AvgPool2dOptions, avgPool2d, globalAveragePool, maxPool2d, type Pool2dOptions } from './ops/pool.js';
export { amax, mean, type ReduceOptions, sum } from './ops/reduce.js';
export {
  cast,
  concat,
  expand,
  flatten,
  pad,
  permute,
  reshape,
  type SliceOptions,
  slice,
  transpose,
} from './ops/shape.js';
export { logSoftmax, softmax } from './ops/softmax.js';
export {
  abs,
  atan,
  erf,
  exp,
  log,
  neg,
  reciprocal,
  relu,
  sigmoid,
  sign,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/unary.js';
export { type CompileOptions, compile } from './program/compile.js';
export type { Feeds } from './program/feeds.js';
export type { Phase, Update } from './program/phase.js';
export type { Program, Results } from './program/program.js';
export { EngineError, type EngineErrorCode, liveNativeObjects } from './runtime/index.js';
