import type { ResNet } from './resnet.js';
import { type HostTensor, readSafetensors } from './safetensors.js';
import { isBatchCounter, StateDictError, type StateTensor } from './state-dict.js';

/**
 * Loads a safetensors file with the ResNet weights of torchvision or timm, which have the same keys. For a model without
 * classifier (`numClasses: 0`) the file's `fc.*` is left out; otherwise it must have as many classes as the model.
 *
 * @param path a local file; nothing is ever downloaded.
 * @throws Error if the file cannot be read, StateDictError (file, keys, both shapes) if it does not fit. The model is then
 * unchanged. A file of ResNet version 1 cannot be told from 1.5, see `ResNet`.
 */
export function loadResnetWeights(model: ResNet, path: string): void {
  const tensors = new Map<string, StateTensor>();
  for (const [key, tensor] of readSafetensors(path).tensors) {
    if (isBatchCounter(key) || (!model.fc && key.startsWith('fc.'))) continue;
    tensors.set(key, { shape: tensor.shape, data: float32(path, key, tensor) });
  }
  try {
    model.loadStateDict(tensors);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    throw new StateDictError(`weights file "${path}": ${error.message}`, { cause: error });
  }
}

function float32(path: string, key: string, { dtype, data }: HostTensor): Float32Array {
  if (dtype === 'F32') return data as Float32Array;
  if (dtype === 'F64') return Float32Array.from(data as Float64Array);
  throw new StateDictError(`weights file "${path}": "${key}" must hold floating-point numbers, got ${dtype}`);
}
