import { formatShape, type Shape, sameShape, type Tensor } from '../graph/tensor.js';
import { ShapeError } from './errors.js';
import { sum } from './reduce.js';
import { reshape } from './shape.js';

/** The common shape under numpy's broadcasting: aligned at the last axis, an axis of size 1 stretches to the other's. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const inA = a[axis - rank + a.length] ?? 1;
    const inB = b[axis - rank + b.length] ?? 1;
    if (inA !== inB && inA !== 1 && inB !== 1) {
      throw new ShapeError(
        `${operation}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast; ` +
          `counted from the last axis, sizes must be equal or 1, got ${inA} and ${inB}`,
      );
    }
    return inA === 1 ? inB : inA;
  });
}

/** Undoes broadcasting: sums `x` over the axes along which `shape` was stretched to reach the shape of `x`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const added = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dimension, axis) =>
    axis < added || (dimension !== 1 && shape[axis - added] === 1) ? [axis] : [],
  );
  // Dropping the summed axes at once saves the Reshape wherever that already gives the shape.
  const dropped = sum(x, { axes, keepDims: false });
  return sameShape(dropped.shape, shape) ? dropped : reshape(sum(x, { axes, keepDims: true }), shape);
}
