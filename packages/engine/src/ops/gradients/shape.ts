import type { Operation, Shape, Tensor } from '../../graph/tensor.js';
import { sumTo } from '../broadcast.js';
import { div, equal, mul } from '../elementwise.js';
import { sum } from '../reduce.js';
import { cast, expand, pad, permute, reshape, slice } from '../shape.js';
import { type GradientRules, unaryRule } from './rule.js';

/** The gradient or result `y` of a reduction of `x` in a shape that broadcasts to the shape of `x`. */
function alongReduced(y: Tensor, x: Tensor, op: Operation): Tensor {
  const axes = op.attributes.axes as readonly number[];
  // Broadcasting puts missing leading axes back by itself.
  if (axes.every((axis, i) => axis === i)) return y;
  return reshape(
    y,
    x.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension)),
  );
}

/** Puts `steps[i] - 1` zeros after every value along `axes[i]`. */
function spread(x: Tensor, axes: readonly number[], steps: readonly number[]): Tensor {
  // Each stepped axis becomes [size, step]: only its first column holds values.
  const stepOf = (axis: number) => steps[axes.indexOf(axis)] ?? 1;
  const columns = x.shape.flatMap((dimension) => [dimension, 1]);
  const after = x.shape.flatMap((_, axis) => [0, stepOf(axis) - 1]);
  const padded = pad(reshape(x, columns), [...after.map(() => 0), ...after]);
  return reshape(
    padded,
    x.shape.map((dimension, axis) => dimension * stepOf(axis)),
  );
}

/** The gradient of a slice: dy at the positions it was taken from, zeros elsewhere. */
function unslice(dy: Tensor, shape: Shape, op: Operation): Tensor {
  const { starts, axes, steps } = op.attributes as Record<string, readonly number[]>;
  const stepped = steps!.some((step) => step > 1) ? spread(dy, axes!, steps!) : dy;
  const before = shape.map((_, axis) => starts![axes!.indexOf(axis)] ?? 0);
  // The zeros after the last value may reach beyond the end.
  const fitted = slice(
    stepped,
    shape.map(() => 0),
    shape.map((dimension, axis) => dimension - before[axis]!),
  );
  const after = shape.map((dimension, axis) => dimension - before[axis]! - fitted.shape[axis]!);
  return pad(fitted, [...before, ...after]);
}

export const shapeGradients: GradientRules = {
  Reshape: unaryRule((dy, x) => reshape(dy, x.shape)),
  Transpose: unaryRule((dy, x, _y, op) => {
    const perm = op.attributes.perm as readonly number[];
    return permute(
      dy,
      x.shape.map((_, axis) => perm.indexOf(axis)),
    );
  }),
  Expand: unaryRule((dy, x) => sumTo(dy, x.shape)),
  Concat: (dy, op, needs) => {
    const axis = op.attributes.axis as number;
    let start = 0;
    return op.inputs.map((input, i) => {
      const from = start;
      start += input.shape[axis]!;
      return needs[i] ? slice(dy, [from], [start], { axes: [axis] }) : undefined;
    });
  },
  Slice: unaryRule((dy, x, _y, op) => unslice(dy, x.shape, op)),
  Pad: unaryRule((dy, x, _y, op) => {
    const before = (op.attributes.pads as readonly number[]).slice(0, x.shape.length);
    return slice(
      dy,
      before,
      before.map((start, axis) => start + x.shape[axis]!),
    );
  }),
  ReduceSum: unaryRule((dy, x, _y, op) => expand(alongReduced(dy, x, op), x.shape)),
  ReduceMean: unaryRule((dy, x, y, op) => expand(alongReduced(mul(dy, y.size / x.size), x, op), x.shape)),
  // Equal maxima share the gradient equally, as in PyTorch's amax.
  ReduceMax: unaryRule((dy, x, y, op) => {
    const isMax = cast(equal(x, alongReduced(y, x, op)), 'float32');
    const count = sum(isMax, { axes: op.attributes.axes as readonly number[], keepDims: true });
    return mul(isMax, div(alongReduced(dy, x, op), count));
  }),
};
