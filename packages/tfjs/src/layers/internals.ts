/** What of a `tf.LayersModel` a balanced model takes the place of. Its typings hide these fields. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';

/** A function of a batch: inputs, then targets, then a weight per sample for each output where there are class weights. */
export type BatchFunction = (data: Tensor[]) => Scalar[];

export interface Internals {
  readonly collectedTrainableWeights: readonly LayerVariable[];
  /** What `fit`, `fitDataset` and `trainOnBatch` ask for. It gives one scalar per name in `metricsNames`. */
  makeTrainFunction(): BatchFunction;
  /** What `fit` and `evaluate` ask for: it sets `testFunction`, which gives one scalar per name in `metricsNames`. */
  makeTestFunction(): void;
  testFunction: BatchFunction;
}

export function internalsOf(model: LayersModel): Internals {
  return model as unknown as Internals;
}
