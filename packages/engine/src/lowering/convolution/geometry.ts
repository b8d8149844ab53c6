/** The numbers of a convolution, and the shapes in which its images and weights are multiplied. */
import type { Operation, Shape } from '../../graph/tensor.js';
import type { GraphBuilder, Value } from '../builder.js';

export interface Geometry {
  readonly n: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly group: number;
}

export function geometry(operation: Operation, x: Shape, weight: Shape, y: Shape): Geometry {
  const { strides, pads, dilations, group } = operation.attributes;
  return {
    n: x[0]!,
    inChannels: x[1]!,
    outChannels: y[1]!,
    input: [x[2]!, x[3]!],
    output: [y[2]!, y[3]!],
    kernel: [weight[2]!, weight[3]!],
    strides: strides as unknown as Geometry['strides'],
    pads: pads as unknown as Geometry['pads'],
    dilations: dilations as unknown as Geometry['dilations'],
    group: group as number,
  };
}

export function isStrided(g: Geometry): boolean {
  return g.strides[0] > 1 || g.strides[1] > 1;
}

/** The result of the convolution, or its gradient, as `[C, N, H, W]`. */
export function images(builder: GraphBuilder, value: Value, g: Geometry): Value {
  return builder.view(value, [g.outChannels, g.n, ...g.output]);
}

/** `[C, N, H, W]` as the matrix `[C, N*H*W]`. */
export function pixels(builder: GraphBuilder, value: Value): Value {
  const [c, n, h, w] = value.shape as [number, number, number, number];
  return builder.view(value, [c, n * h * w]);
}

export function flatWeight(builder: GraphBuilder, w: Value): Value {
  const [out, ...rest] = w.shape as [number, number, number, number];
  return builder.view(w, [out, rest[0] * rest[1] * rest[2]]);
}

/** Rows and columns `start ... end` (exclusive) of `[C, N, H, W]`, every `step`-th. */
export function slice(
  builder: GraphBuilder,
  value: Value,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Value {
  const [c, n, h, w] = value.shape as [number, number, number, number];
  const size = (length: number, i: number) => Math.ceil((Math.min(ends[i]!, length) - starts[i]!) / steps[i]!);
  const shape = [c, n, size(h, 0), size(w, 1)];
  if (shape[2] === h && shape[3] === w) return value;
  const lists = [starts, ends, [2, 3], steps].map((list) => builder.integers(list));
  return builder.node('Slice', [value, ...lists], shape);
}
