/** Regularisers: no task of their own, so their penalties join the total as they are, with no weight. */
import { addN, type NamedTensorMap, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { gradientsOf, onTape } from '../tape.js';

export interface Penalty {
  readonly value: number;
  /** By variable name. */
  readonly grads: NamedTensorMap;
}

export function penaltyOf(model: LayersModel, variables: readonly Variable[]): Penalty {
  return onTape(() => {
    const penalties = tidy(() => model.calculateLosses());
    if (penalties.length === 0) return { value: 0, grads: {} };
    const total = addN(penalties);
    const gradients = gradientsOf(total, variables);
    const found = variables.flatMap(({ name }, at) => (gradients[at] ? [[name, gradients[at]] as const] : []));
    return { value: total.dataSync()[0]!, grads: Object.fromEntries(found) };
  });
}
