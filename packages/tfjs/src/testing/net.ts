/** A small net with two heads whose losses differ a thousandfold, and gradients by hand: one `tf.variableGrads` per loss. */
import * as tf from '@tensorflow/tfjs-core';

export class TwoHeads {
  readonly trunk: tf.Variable;
  readonly classHead: tf.Variable;
  readonly boxHead: tf.Variable;
  readonly #x: tf.Tensor2D;
  readonly #classes: tf.Tensor2D;
  readonly #boxes: tf.Tensor2D;

  constructor() {
    const normal = (shape: [number, number], seed: number) =>
      tf.randomNormal<tf.Rank.R2>(shape, 0, 0.5, 'float32', seed);
    [this.trunk, this.classHead, this.boxHead] = [
      tf.variable(normal([6, 5], 1)),
      tf.variable(normal([5, 3], 2)),
      tf.variable(normal([5, 4], 3)),
    ];
    this.#x = normal([16, 6], 4);
    this.#classes = tf.tensor2d([...Array(16).keys()].map((i) => [0, 1, 2].map((k) => Number(i % 3 === k))));
    this.#boxes = tf.tidy(() => tf.mul(normal([16, 4], 5), 100));
  }

  get variables(): tf.Variable[] {
    return [this.trunk, this.classHead, this.boxHead];
  }

  readonly features = (): tf.Tensor => tf.tanh(tf.matMul(this.#x, this.trunk));

  readonly heads = (features: tf.Tensor) => ({
    class: tf.losses.softmaxCrossEntropy(this.#classes, tf.matMul(features, this.classHead)) as tf.Tensor,
    box: tf.losses.meanSquaredError(this.#boxes, tf.matMul(features, this.boxHead)) as tf.Tensor,
  });

  readonly losses = () => this.heads(this.features());

  dispose(): void {
    tf.dispose([...this.variables, this.#x, this.#classes, this.#boxes]);
  }
}

/** The gradient of sum_k w_k L_k, by variable name, as numbers. */
export function gradientsByHand(
  losses: () => Record<string, tf.Tensor>,
  weights: Readonly<Record<string, number | undefined>>,
  variables: tf.Variable[],
): Record<string, number[]> {
  return tf.tidy(() => {
    const total = () =>
      tf.addN(Object.entries(losses()).map(([name, loss]) => tf.mul(loss, weights[name] ?? 0))) as tf.Scalar;
    return numbersOf(tf.variableGrads(total, variables).grads);
  });
}

export function numbersOf(tensors: tf.NamedTensorMap): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}

export function dotOf(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** Largest difference over the largest entry of what is expected. */
export function distance(found: Record<string, number[]>, expected: Record<string, number[]>): number {
  const [a, b] = [Object.keys(expected).flatMap((name) => found[name] ?? []), Object.values(expected).flat()];
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(...b.map((x, i) => Math.abs(x - a[i]!))) / Math.max(...b.map(Math.abs));
}
