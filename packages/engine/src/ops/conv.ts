import { type Attributes, apply, formatShape, type Shape, type Tensor } from '../graph/tensor.js';
import { type Pair, pair, requireDtype, requireImages, requireShape } from './arguments.js';
import { ShapeError } from './errors.js';

export interface Conv2dOptions {
  /** `[out]`. */
  bias?: Tensor | undefined;
  /** Default 1. */
  stride?: Pair;
  /** Zeros on each side. Default 0. */
  padding?: Pair;
  /** Distance between the taps of the kernel. Default 1. */
  dilation?: Pair;
  /** Groups of channels that do not mix. Default 1. */
  groups?: number;
}

/**
 * Cross-correlation of `x [N, C, H, W]` with `weight [out, C / groups, kH, kW]`, as PyTorch's conv2d:
 * `[N, out, (H + 2 padding - dilation (kH - 1) - 1) / stride + 1, ...]`, rounded down.
 *
 * @throws ShapeError when the channels, the groups or the kernel do not fit.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, groups = 1 } = options;
  const [n, c, h, w] = requireImages('conv2d', x);
  requireDtype('conv2d', 'weight', weight, 'float32');
  const strides = pair('conv2d', 'stride', options.stride ?? 1, 1);
  const padding = pair('conv2d', 'padding', options.padding ?? 0, 0);
  const dilations = pair('conv2d', 'dilation', options.dilation ?? 1, 1);
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new RangeError(`conv2d: "groups" must be a whole number of 1 or more, got ${groups}`);
  }
  const shown = `weight ${formatShape(weight.shape)}`;
  if (weight.shape.length !== 4) throw new ShapeError(`conv2d: weight must be [out, in, kH, kW], got ${shown}`);
  const [out, perGroup, kH, kW] = weight.shape as unknown as [number, number, number, number];
  if (c !== perGroup * groups) {
    const inGroups = groups === 1 ? '' : ` in ${groups} groups`;
    throw new ShapeError(
      `conv2d: ${shown}${inGroups} needs ${perGroup * groups} input channels, got x ${formatShape(x.shape)}`,
    );
  }
  if (out % groups !== 0) {
    throw new ShapeError(`conv2d: ${shown}: ${out} output channels do not split into ${groups} groups`);
  }
  if (bias) requireShape('conv2d', 'bias', bias, [out], `for ${shown}`);
  const height = windows('conv2d', 'height', h, padding[0], kH, dilations[0], strides[0]);
  const width = windows('conv2d', 'width', w, padding[1], kW, dilations[1], strides[1]);
  const attributes = { strides, pads: [...padding, ...padding], dilations, group: groups };
  return conv(x, weight, [n, out, height, width], attributes, bias);
}

/** How many windows fit along one axis. */
export function windows(
  operation: string,
  axis: 'height' | 'width',
  size: number,
  padding: number,
  kernel: number,
  dilation: number,
  stride: number,
): number {
  const padded = size + 2 * padding;
  const reach = dilation * (kernel - 1) + 1;
  if (kernel < 1 || reach > padded) {
    throw new ShapeError(
      `${operation}: a kernel of ${axis} ${kernel}${dilation > 1 ? ` with dilation ${dilation}` : ''} needs at least ` +
        `${reach} pixels, got ${size}${padding > 0 ? ` and ${padding} of padding on each side` : ''}`,
    );
  }
  return Math.floor((padded - reach) / stride) + 1;
}

export function conv(x: Tensor, w: Tensor, shape: Shape, attributes: Attributes, bias?: Tensor): Tensor {
  return apply('Conv', bias ? [x, w, bias] : [x, w], shape, attributes);
}

/** The gradient of a convolution for its input, of shape `shape`: the transposed convolution of `dy` with `w`. */
export function convInputGrad(dy: Tensor, w: Tensor, shape: Shape, attributes: Attributes): Tensor {
  return apply('ConvInputGrad', [dy, w], shape, attributes);
}

/** The gradient of a convolution for its weight, of shape `shape`: the correlation of `x` with `dy`. */
export function convWeightGrad(x: Tensor, dy: Tensor, shape: Shape, attributes: Attributes): Tensor {
  return apply('ConvWeightGrad', [x, dy], shape, attributes);
}

/**
 * The dot products [K, K] of the K weight gradients of shape `shape` that `convWeightGrad` would give for `x` and each of
 * `gradients`.
 */
export function convWeightGradProducts(
  x: Tensor,
  gradients: readonly Tensor[],
  shape: Shape,
  attributes: Attributes,
): Tensor {
  const count = gradients.length;
  return apply('ConvWeightGradProducts', [x, ...gradients], [count, count], { ...attributes, weight_shape: shape });
}
