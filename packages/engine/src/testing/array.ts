import { type Shape, sizeOf } from '../graph/tensor.js';

/** Row-major float64 values with their shape: all that the interpreter computes with. bool is 0 or 1. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Values of the given shape, each computed from its index. */
export function generate(shape: Shape, at: (index: readonly number[]) => number): Values {
  const data = new Float64Array(sizeOf(shape));
  eachIndex(shape, (index, position) => {
    data[position] = at(index);
  });
  return { shape, data };
}

/** Visits every index of a shape in row-major order. The index array is reused. */
export function eachIndex(shape: Shape, visit: (index: readonly number[], position: number) => void): void {
  const index = shape.map(() => 0);
  const size = sizeOf(shape);
  for (let position = 0; position < size; position++) {
    visit(index, position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

export function position(shape: Shape, index: readonly number[]): number {
  return index.reduce((position, i, axis) => position * shape[axis]! + i, 0);
}

export function get(x: Values, index: readonly number[]): number {
  return x.data[position(x.shape, index)]!;
}

export function accumulate(x: Values, index: readonly number[], value: number): void {
  x.data[position(x.shape, index)]! += value;
}

/** The value that broadcasting puts at `index` of a larger shape. */
export function getBroadcast(x: Values, index: readonly number[]): number {
  const skipped = index.length - x.shape.length;
  return get(
    x,
    x.shape.map((dimension, axis) => (dimension === 1 ? 0 : index[axis + skipped]!)),
  );
}
