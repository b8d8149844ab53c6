import { apply, type DType, formatShape, type Shape, sameShape, sizeOf, type Tensor } from '../graph/tensor.js';
import { normalizeAxes, normalizeAxis } from './arguments.js';
import { ShapeError } from './errors.js';

/**
 * The same values, row-major, in another shape. One size may be -1: it is worked out from the others.
 *
 * @throws ShapeError when the numbers of values differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = resolveShape(x, shape);
  return sameShape(target, x.shape) ? x : apply('Reshape', [x], target, { shape: target }, x.dtype);
}

function resolveShape(x: Tensor, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((dimension) => dimension !== -1));
  const target = shape.map((dimension, i) => (i === open ? x.size / known : dimension));
  if (!target.every((size) => Number.isSafeInteger(size) && size >= 0) || sizeOf(target) !== x.size) {
    throw new ShapeError(
      `reshape: ${formatShape(x.shape)} has ${x.size} values, which do not fit ${formatShape(shape)}`,
    );
  }
  return target;
}

/** Merges the axes from `startDim` (default 0) to `endDim` (default -1), both included, into one. */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  if (x.shape.length === 0) return reshape(x, [1]);
  const start = normalizeAxis('flatten', startDim, x.shape.length);
  const end = normalizeAxis('flatten', endDim, x.shape.length);
  if (start > end) throw new ShapeError(`flatten: startDim ${startDim} must not come after endDim ${endDim}`);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}

/** Reorders the axes: axis i of the result is axis `dims[i]` of `x`. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  const perm = dims.map((axis) => normalizeAxis('permute', axis, x.shape.length));
  if (new Set(perm).size !== x.shape.length || perm.length !== x.shape.length) {
    throw new ShapeError(`permute: dims must name each axis of ${formatShape(x.shape)} once, got ${formatShape(dims)}`);
  }
  if (perm.every((axis, i) => axis === i)) return x;
  const shape = perm.map((axis) => x.shape[axis]!);
  return apply('Transpose', [x], shape, { perm }, x.dtype);
}

/** Swaps two axes. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const a = normalizeAxis('transpose', dim0, x.shape.length);
  const b = normalizeAxis('transpose', dim1, x.shape.length);
  return permute(
    x,
    x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

/** Repeats `x` along new leading axes and along axes of size 1, until it has the given shape. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const added = shape.length - x.shape.length;
  if (added < 0 || x.shape.some((dimension, i) => dimension !== 1 && dimension !== shape[i + added])) {
    throw new ShapeError(
      `expand: ${formatShape(x.shape)} cannot become ${formatShape(shape)}; only axes of size 1 and new leading axes grow`,
    );
  }
  return sameShape(x.shape, shape) ? x : apply('Expand', [x], shape, { shape }, x.dtype);
}

/** Joins tensors along an existing axis; all other sizes must agree. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError('concat: needs at least one tensor, got none');
  const along = normalizeAxis('concat', axis, first.shape.length);
  for (const other of tensors) {
    const fits =
      other.shape.length === first.shape.length &&
      other.shape.every((dimension, i) => i === along || dimension === first.shape[i]);
    if (!fits) {
      throw new ShapeError(
        `concat: ${formatShape(first.shape)} and ${formatShape(other.shape)} may differ in axis ${along} only`,
      );
    }
    if (other.dtype !== first.dtype) {
      throw new TypeError(`concat: all tensors must have one dtype, got ${first.dtype} and ${other.dtype}`);
    }
  }
  if (tensors.length === 1) return first;
  const total = tensors.reduce((size, tensor) => size + tensor.shape[along]!, 0);
  const shape = first.shape.map((dimension, i) => (i === along ? total : dimension));
  return apply('Concat', tensors, shape, { axis: along }, first.dtype);
}

/** `axes` defaults to the first ones, `steps` to 1. */
export interface SliceOptions {
  axes?: readonly number[];
  steps?: readonly number[];
}

/**
 * The values from `starts[i]` up to but not including `ends[i]` along `axes[i]`. As in Python, negative positions count
 * from the end and positions beyond the ends are cut to them. Steps are 1 or more.
 */
export function slice(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  { axes = starts.map((_, i) => i), steps = starts.map(() => 1) }: SliceOptions = {},
): Tensor {
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw new ShapeError(
      `slice: starts, ends, axes and steps must have one length, ` +
        `got ${starts.length}, ${ends.length}, ${axes.length} and ${steps.length}`,
    );
  }
  const invalid = steps.find((step) => !Number.isSafeInteger(step) || step < 1);
  if (invalid !== undefined) throw new RangeError(`slice: "steps" must be whole numbers of 1 or more, got ${invalid}`);
  normalizeAxes('slice', axes, x.shape.length);
  const along = axes.map((axis) => normalizeAxis('slice', axis, x.shape.length));
  const clamp = (position: number, size: number) =>
    Math.min(Math.max(position < 0 ? position + size : position, 0), size);
  const from = starts.map((start, i) => clamp(start, x.shape[along[i]!]!));
  const to = ends.map((end, i) => Math.max(clamp(end, x.shape[along[i]!]!), from[i]!));
  const shape = [...x.shape];
  along.forEach((axis, i) => {
    shape[axis] = Math.ceil((to[i]! - from[i]!) / steps[i]!);
  });
  if (sameShape(shape, x.shape)) return x;
  return apply('Slice', [x], shape, { starts: from, ends: to, axes: along, steps }, x.dtype);
}

/** Surrounds `x` with zeros. `pads` is ONNX's: the counts before every axis, then the counts after every axis. */
export function pad(x: Tensor, pads: readonly number[]): Tensor {
  const rank = x.shape.length;
  if (pads.length !== 2 * rank || !pads.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    throw new ShapeError(
      `pad: ${formatShape(x.shape)} needs ${2 * rank} whole numbers of 0 or more, got ${formatShape(pads)}`,
    );
  }
  if (pads.every((count) => count === 0)) return x;
  const shape = x.shape.map((dimension, i) => dimension + pads[i]! + pads[i + rank]!);
  return apply('Pad', [x], shape, { pads }, x.dtype);
}

/** Converts the values; float to integer cuts the fraction off, anything to bool asks whether it is not 0. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply('Cast', [x], x.shape, { to: dtype }, dtype);
}
