/** A small `tf.LayersModel` with two outputs and its data; all of it from seeds. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export const loss = { class: 'categoricalCrossentropy', box: 'meanSquaredError' };
export const SAMPLES = 24;

export function makeModel({ penalty = false } = {}): tfl.LayersModel {
  const kernel = (seed: number) => ({
    kernelInitializer: tfl.initializers.glorotUniform({ seed }),
    ...(penalty && { kernelRegularizer: tfl.regularizers.l2({ l2: 0.1 }) }),
  });
  const input = tfl.input({ shape: [6] });
  const features = tfl.layers.dense({ units: 8, activation: 'tanh', ...kernel(1) }).apply(input);
  const heads = [
    tfl.layers.dense({ units: 3, activation: 'softmax', name: 'class', ...kernel(2) }).apply(features),
    tfl.layers.dense({ units: 4, name: 'box', ...kernel(3) }).apply(features),
  ];
  return tfl.model({ inputs: input, outputs: heads as tfl.SymbolicTensor[] });
}

export function makeData(samples = SAMPLES) {
  const normal = (shape: [number, number], deviation: number, seed: number) =>
    tf.randomNormal<tf.Rank.R2>(shape, 0, deviation, 'float32', seed);
  return {
    x: normal([samples, 6], 1, 11),
    y: {
      class: tf.tensor2d(Array.from({ length: samples }, (_, i) => [0, 1, 2].map((k) => Number(i % 3 === k)))),
      box: normal([samples, 4], 100, 12),
    },
  };
}

export function weightsOf(model: tfl.LayersModel): number[][] {
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}

export function expectClose(found: readonly number[], expected: readonly number[], relative = 1e-5): void {
  if (found.length !== expected.length) throw new Error(`${found.length} numbers, not ${expected.length}`);
  for (const [i, value] of expected.entries()) {
    if (!(Math.abs(found[i]! - value) <= relative * Math.max(1e-3, Math.abs(value)))) {
      throw new Error(`number ${i} is ${found[i]}, not ${value}`);
    }
  }
}
