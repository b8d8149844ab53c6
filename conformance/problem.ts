/**
 * A training as plain numbers: everything that an engine needs to run it, so that it can be sent into a browser as JSON.
 *
 *     h = tanh(first(x)), z = tanh(second(h))
 *     class = cross-entropy of softmax(classifier(z)), box = mean squared error of SCALE * locator(z)
 *     early = mean squared error of judge(h): it reaches `first` and its own head, and misses `second`
 *
 * Every layer is linear, y = x W^T + b with W of shape [out, in], as `torch.nn.Linear`.
 */

/** Flat, in row-major order. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface PlainBatch {
  /** [BATCH, FEATURES] */
  readonly x: readonly number[];
  /** [BATCH], integers in [0, CLASSES) */
  readonly labels: readonly number[];
  /** [BATCH, 2], in pixels */
  readonly corners: readonly number[];
  /** [BATCH, 1] */
  readonly scores: readonly number[];
}

export interface Problem {
  readonly losses: readonly LossName[];
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** By PyTorch's keys, such as `first.weight`. */
  readonly parameters: Readonly<Record<string, PlainTensor>>;
  /** Taken in turn: step t, from 0, sees batch t modulo their number. */
  readonly batches: readonly PlainBatch[];
}

/** SGD without momentum, or Adam as PyTorch has it: betas 0.9 and 0.999, epsilon 1e-8. */
export type OptimizerName = 'sgd' | 'adam';
export type LossName = 'class' | 'box' | 'early';

export const BATCH = 8;
export const FEATURES = 4;
export const CLASSES = 3;
/** Of the box head, so that its targets of some ten pixels are within its reach: a unit of pixels. */
export const SCALE = 10;
export const BETAS = [0.9, 0.999] as const;
export const EPSILON = 1e-8;

/** [in, out] of each layer. */
export const LAYERS = {
  first: [FEATURES, 8],
  second: [8, 6],
  classifier: [6, CLASSES],
  locator: [6, 2],
  judge: [8, 1],
} as const satisfies Record<string, readonly [number, number]>;
export type LayerName = keyof typeof LAYERS;

/** `trunk`: what all losses depend on, which ends in the shared representation. */
export const LAYERS_OF: Readonly<Record<LossName, readonly LayerName[]>> = {
  class: ['first', 'second', 'classifier'],
  box: ['first', 'second', 'locator'],
  early: ['first', 'judge'],
};
