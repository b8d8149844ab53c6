import { type Attributes, apply, formatShape, type Shape, type Tensor } from '../graph/tensor.js';
import { type Pair, pair, requireImages } from './arguments.js';
import { windows } from './conv.js';
import { ShapeError } from './errors.js';

export interface Pool2dOptions {
  /** Default: the kernel size. */
  stride?: Pair;
  /** Pixels on each side, at most half the kernel. Default 0. */
  padding?: Pair;
}

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Count the zeros of the padding in the averages. Default true, as in PyTorch. */
  countIncludePad?: boolean;
}

/**
 * The largest value of each window of `x [N, C, H, W]`; padding never wins. The gradient goes to the first maximum of
 * the window in row-major order, as in PyTorch.
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: Pool2dOptions = {}): Tensor {
  const { shape, attributes } = pooling('maxPool2d', x, kernel, options);
  return apply('MaxPool', [x], shape, attributes);
}

/** The mean of each window of `x [N, C, H, W]`. */
export function avgPool2d(x: Tensor, kernel: Pair, options: AvgPool2dOptions = {}): Tensor {
  const { shape, attributes } = pooling('avgPool2d', x, kernel, options);
  return averagePool(x, shape, { ...attributes, count_include_pad: (options.countIncludePad ?? true) ? 1 : 0 });
}

/** The mean of each channel of `x [N, C, H, W]`: `[N, C, 1, 1]`. */
export function globalAveragePool(x: Tensor): Tensor {
  const [n, c, h, w] = requireImages('globalAveragePool', x);
  if (h * w === 0) throw new ShapeError(`globalAveragePool: x ${formatShape(x.shape)} has no pixels`);
  return apply('GlobalAveragePool', [x], [n, c, 1, 1]);
}

function pooling(
  name: string,
  x: Tensor,
  kernel: Pair,
  options: Pool2dOptions,
): { shape: Shape; attributes: Attributes } {
  const [n, c, h, w] = requireImages(name, x);
  const [kH, kW] = pair(name, 'kernel', kernel, 1);
  const strides = pair(name, 'stride', options.stride ?? kernel, 1);
  const padding = pair(name, 'padding', options.padding ?? 0, 0);
  if (padding[0] > kH / 2 || padding[1] > kW / 2) {
    throw new ShapeError(
      `${name}: padding ${formatShape(padding)} must be at most half the kernel ${formatShape([kH, kW])}`,
    );
  }
  const height = windows(name, 'height', h, padding[0], kH, 1, strides[0]);
  const width = windows(name, 'width', w, padding[1], kW, 1, strides[1]);
  return {
    shape: [n, c, height, width],
    attributes: { kernel_shape: [kH, kW], strides, pads: [...padding, ...padding] },
  };
}

export function averagePool(x: Tensor, shape: Shape, attributes: Attributes): Tensor {
  return apply('AveragePool', [x], shape, attributes);
}

/** The gradient of `averagePool` for its input, of shape `shape`. */
export function averagePoolGrad(dy: Tensor, shape: Shape, attributes: Attributes): Tensor {
  return apply('AveragePoolGrad', [dy], shape, attributes);
}

/** The gradient of max pooling for its input: each dy goes to the first pixel of its window that equals y. */
export function maxPoolGrad(dy: Tensor, x: Tensor, y: Tensor, attributes: Attributes): Tensor {
  return apply('MaxPoolGrad', [dy, x, y], x.shape, attributes);
}
