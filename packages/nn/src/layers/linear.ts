import { linear, type Tensor } from '@counterpoise/engine';
import { kaimingUniform, uniform } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { checkCount } from './arguments.js';

export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
}

/** As `torch.nn.Linear`: y = x W^T + b, [N, inFeatures] -> [N, outFeatures]. */
export class Linear extends Module {
  /** [outFeatures, inFeatures] */
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, { bias = true }: LinearOptions = {}) {
    super();
    checkCount('inFeatures', inFeatures);
    checkCount('outFeatures', outFeatures);
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter('Linear.weight', [outFeatures, inFeatures], kaimingUniform({ a: Math.sqrt(5) }));
    this.bias = bias ? new Parameter('Linear.bias', [outFeatures], uniform(-bound, bound)) : undefined;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
