import { add, batchNormInference, batchNormTraining, mul, type Tensor, Variable } from '@counterpoise/engine';
import { ones, zeros } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { checkCount } from './arguments.js';

export interface BatchNorm2dOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** The share of the new batch in the running statistics, in [0, 1]; default 0.1 (ONNX means one minus this). */
  momentum?: number;
}

/**
 * As `torch.nn.BatchNorm2d`: [N, C, H, W] -> the same, each channel normalised over N, H and W, then scaled and shifted.
 * In training mode by the statistics of the batch, and the running ones are updated (`takeUpdates`); in evaluation mode by
 * the running ones, which are constants for the gradient, while scale and shift can still be trained.
 */
export class BatchNorm2d extends Module {
  /** [C] */
  readonly weight: Parameter;
  /** [C] */
  readonly bias: Parameter;
  /** [C] */
  readonly runningMean: Variable;
  /** [C], unbiased */
  readonly runningVar: Variable;
  readonly #eps: number;
  readonly #momentum: number;

  constructor(numFeatures: number, { eps = 1e-5, momentum = 0.1 }: BatchNorm2dOptions = {}) {
    super();
    checkCount('numFeatures', numFeatures);
    if (!(eps > 0 && eps < Number.POSITIVE_INFINITY)) throw new RangeError(`"eps" must be positive, got ${eps}`);
    if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`"momentum" must be in [0, 1], got ${momentum}`);
    const shape = [numFeatures];
    this.weight = new Parameter('BatchNorm2d.weight', shape, ones());
    this.bias = new Parameter('BatchNorm2d.bias', shape, zeros());
    this.runningMean = new Variable('BatchNorm2d.running_mean', shape, new Float32Array(numFeatures));
    this.runningVar = new Variable('BatchNorm2d.running_var', shape, new Float32Array(numFeatures).fill(1));
    this.#eps = eps;
    this.#momentum = momentum;
  }

  forward(x: Tensor): Tensor {
    const eps = this.#eps;
    if (!this.training) {
      return batchNormInference(x, this.weight, this.bias, this.runningMean, this.runningVar, { eps });
    }
    const { output, mean, variance } = batchNormTraining(x, this.weight, this.bias, { eps });
    const count = x.size / mean.size;
    // Normalisation uses the biased variance, the running variance the unbiased one, as in PyTorch.
    this.#track(this.runningMean, mean, 1);
    this.#track(this.runningVar, variance, count / (count - 1));
    return output;
  }

  /** running = (1 - momentum) * running + momentum * correction * batch */
  #track(running: Variable, batch: Tensor, correction: number): void {
    const kept = mul(this.latest(running), 1 - this.#momentum);
    this.recordUpdate(running, add(kept, mul(batch, this.#momentum * correction)));
  }
}
