import { avgPool2d, globalAveragePool, maxPool2d, type Pair, type Tensor } from '@counterpoise/engine';
import { Module } from '../module.js';
import { pair } from './arguments.js';

export interface MaxPool2dOptions {
  /** Default: the kernel size. */
  stride?: Pair;
  /** On every side, never the maximum; at most half the kernel; default 0. */
  padding?: Pair;
}

/** As `torch.nn.MaxPool2d`: [N, C, H, W] -> [N, C, H', W']. */
export class MaxPool2d extends Module {
  readonly #kernel: [number, number];
  readonly #options: { stride: [number, number]; padding: [number, number] };

  constructor(kernelSize: Pair, { stride = kernelSize, padding = 0 }: MaxPool2dOptions = {}) {
    super();
    this.#kernel = pair('kernelSize', kernelSize);
    this.#options = { stride: pair('stride', stride), padding: pair('padding', padding, 0) };
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#kernel, this.#options);
  }
}

export interface AvgPool2dOptions {
  /** Default: the kernel size. */
  stride?: Pair;
  /** Zeros on every side; at most half the kernel; default 0. */
  padding?: Pair;
  /** Whether the padding counts in the divisor; default true. */
  countIncludePad?: boolean;
}

/** As `torch.nn.AvgPool2d`: [N, C, H, W] -> [N, C, H', W']. */
export class AvgPool2d extends Module {
  readonly #kernel: [number, number];
  readonly #options: { stride: [number, number]; padding: [number, number]; countIncludePad: boolean };

  constructor(kernelSize: Pair, { stride = kernelSize, padding = 0, countIncludePad = true }: AvgPool2dOptions = {}) {
    super();
    this.#kernel = pair('kernelSize', kernelSize);
    this.#options = { stride: pair('stride', stride), padding: pair('padding', padding, 0), countIncludePad };
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernel, this.#options);
  }
}

/** As `torch.nn.AdaptiveAvgPool2d(1)`, the mean of each channel: [N, C, H, W] -> [N, C, 1, 1]. */
export class AdaptiveAvgPool2d extends Module {
  /** @throws RangeError for any output size but 1, the only one there is so far. */
  constructor(outputSize: 1) {
    super();
    if (outputSize !== 1) throw new RangeError(`AdaptiveAvgPool2d: "outputSize" must be 1, got ${String(outputSize)}`);
  }

  forward(x: Tensor): Tensor {
    return globalAveragePool(x);
  }
}
