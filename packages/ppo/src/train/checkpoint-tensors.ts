import type { HostTensor, StateTensor } from '@counterpoise/nn';
import type { ActorCritic } from '../policy/actor-critic.js';
import type { PpoUpdate } from '../update/update.js';

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

/** The live values of network and optimiser, by the keys of a checkpoint. */
export function trainerTensors(model: ActorCritic, update: PpoUpdate): Map<string, HostTensor> {
  return new Map<string, HostTensor>([
    ...[...model.stateDict()].map(([key, tensor]) => [MODEL + key, tensor] as const),
    ...[...update.optimizerState].map(([key, tensor]) => [OPTIMIZER + key, tensor] as const),
  ]);
}

/** @throws StateDictError if the tensors are those of another network. */
export function loadTensors(model: ActorCritic, update: PpoUpdate, tensors: ReadonlyMap<string, HostTensor>): void {
  model.loadStateDict(part(tensors, MODEL));
  update.loadOptimizerState(part(tensors, OPTIMIZER));
}

function part(tensors: ReadonlyMap<string, HostTensor>, prefix: string): Map<string, StateTensor> {
  const found = new Map<string, StateTensor>();
  for (const [key, { dtype, shape, data }] of tensors) {
    if (key.startsWith(prefix) && dtype === 'F32') found.set(key.slice(prefix.length), { shape, data });
  }
  return found;
}
