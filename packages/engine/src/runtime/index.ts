export type { Binding, Tensors } from './binding.js';
export { EngineError, type EngineErrorCode } from './error.js';
export { liveNativeObjects } from './native.js';
export type { GraphOptimization, SessionOptions } from './options.js';
export { createSession, type Session } from './session.js';
export type { ElementType, TensorData, TensorInfo, TensorView } from './tensor.js';
