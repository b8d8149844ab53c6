import { conv2d, type Pair, type Tensor } from '@counterpoise/engine';
import { fans, kaimingUniform, uniform } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { checkCount, pair } from './arguments.js';

export interface Conv2dOptions {
  /** Default 1. */
  stride?: Pair;
  /** Zeros on every side; default 0. */
  padding?: Pair;
  /** Default 1. */
  dilation?: Pair;
  /** Must divide both channel counts; default 1. */
  groups?: number;
  /** Default true. */
  bias?: boolean;
}

/** As `torch.nn.Conv2d`: [N, inChannels, H, W] -> [N, outChannels, H', W']. */
export class Conv2d extends Module {
  /** [outChannels, inChannels / groups, kernel height, kernel width] */
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #geometry: {
    stride: [number, number];
    padding: [number, number];
    dilation: [number, number];
    groups: number;
  };

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkCount('inChannels', inChannels);
    checkCount('outChannels', outChannels);
    checkCount('groups', groups);
    for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
      if (channels % groups !== 0)
        throw new RangeError(`"${name}" (${channels}) must be divisible by "groups" (${groups})`);
    }
    const shape = [outChannels, inChannels / groups, ...pair('kernelSize', kernelSize)];
    const bound = 1 / Math.sqrt(fans(shape).fanIn);
    this.weight = new Parameter('Conv2d.weight', shape, kaimingUniform({ a: Math.sqrt(5) }));
    this.bias = bias ? new Parameter('Conv2d.bias', [outChannels], uniform(-bound, bound)) : undefined;
    this.#geometry = {
      stride: pair('stride', stride),
      padding: pair('padding', padding, 0),
      dilation: pair('dilation', dilation),
      groups,
    };
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, { ...this.#geometry, ...(this.bias && { bias: this.bias }) });
  }
}
