import { apply, formatShape, type Tensor } from '../graph/tensor.js';
import { normalizeAxes, requireDtype } from './arguments.js';
import { ShapeError } from './errors.js';
import { reshape } from './shape.js';

export interface ReduceOptions {
  /** Axes to reduce, negative ones counted from the back. Default: all. */
  axes?: readonly number[];
  /** Keep the reduced axes with size 1. Default: false. */
  keepDims?: boolean;
}

/** Sum over `axes`. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('sum', 'ReduceSum', x, options);
}

/** Arithmetic mean over `axes`. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('mean', 'ReduceMean', x, options);
}

/** Largest value over `axes`. Its gradient is shared equally between equal maxima, as by PyTorch's `amax`. */
export function amax(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('amax', 'ReduceMax', x, options);
}

function reduce(name: string, kind: string, x: Tensor, { axes, keepDims = false }: ReduceOptions): Tensor {
  requireDtype(name, 'x', x, 'float32');
  const reduced = normalizeAxes(name, axes ?? x.shape.map((_, axis) => axis), x.shape.length);
  const shape = x.shape.flatMap((dimension, axis) => (reduced.includes(axis) ? (keepDims ? [1] : []) : [dimension]));
  if (kind !== 'ReduceSum' && reduced.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(`${name}: ${formatShape(x.shape)} has no values along the reduced axes`);
  }
  // Over single values, each of these reductions is the value itself.
  if (reduced.every((axis) => x.shape[axis] === 1)) return reshape(x, shape);
  return apply(kind, [x], shape, { axes: reduced, keepdims: keepDims ? 1 : 0 });
}
