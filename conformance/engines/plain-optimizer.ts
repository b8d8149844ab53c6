/** SGD and Adam on plain arrays, for an engine that has no optimisers. */
import { BETAS, EPSILON, type OptimizerName } from '../problem.js';

/** Changes `parameter`, number `at` of all, by its gradient in step t, from 1. */
export type PlainUpdate = (at: number, parameter: Float32Array, gradient: ArrayLike<number>, t: number) => void;

export function plainOptimizer(name: OptimizerName, learningRate: number): PlainUpdate {
  return name === 'sgd' ? sgd(learningRate) : adam(learningRate);
}

/** p - lr g */
function sgd(learningRate: number): PlainUpdate {
  return (_, parameter, gradient) => {
    for (let i = 0; i < parameter.length; i++) parameter[i]! -= learningRate * gradient[i]!;
  };
}

/** Kingma and Ba 2015: p - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) */
function adam(learningRate: number): PlainUpdate {
  const [beta1, beta2] = BETAS;
  const means: { m: Float32Array; v: Float32Array }[] = [];
  return (at, parameter, gradient, t) => {
    means[at] ??= { m: new Float32Array(parameter.length), v: new Float32Array(parameter.length) };
    const { m, v } = means[at];
    for (let i = 0; i < parameter.length; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * gradient[i]!;
      v[i] = beta2 * v[i]! + (1 - beta2) * gradient[i]! ** 2;
      parameter[i]! -= (learningRate * m[i]!) / (1 - beta1 ** t) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + EPSILON);
    }
  };
}
