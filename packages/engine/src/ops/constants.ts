import { apply, Constant, type DType, type Shape, Tensor } from '../graph/tensor.js';

/** A number in the place of a tensor stands for a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

/** A float32 constant of shape []. */
export function scalar(value: number): Constant {
  return new Constant(Float32Array.of(value), []);
}

/**
 * A constant of the given shape (default: one axis) with row-major `values`, which are copied. An Int32Array makes it
 * int32, a BigInt64Array int64, anything else float32.
 *
 * @throws RangeError when the number of values does not match the shape.
 */
export function constant(
  values: ArrayLike<number> | BigInt64Array,
  shape: Shape = [(values as ArrayLike<unknown>).length],
): Constant {
  if (values instanceof Int32Array || values instanceof BigInt64Array) return new Constant(values.slice(), shape);
  return new Constant(Float32Array.from(values as ArrayLike<number>), shape);
}

/** The same values, but a constant for every gradient. PyTorch's `detach`. */
export function stopGradient(x: Tensor): Tensor {
  // `Identity` is made here only; graph/gradients.ts lets no gradient through it.
  return apply('Identity', [x], x.shape, {}, x.dtype);
}

export function asTensor(operation: string, operand: Operand, dtype: DType): Tensor {
  if (operand instanceof Tensor) return operand;
  if (dtype === 'float32') return scalar(operand);
  if (dtype === 'bool' || !Number.isSafeInteger(operand)) {
    throw new TypeError(`${operation}: the number ${operand} cannot be combined with a tensor of ${dtype}`);
  }
  return new Constant(dtype === 'int32' ? Int32Array.of(operand) : BigInt64Array.of(BigInt(operand)), []);
}

/** The value of a scalar float32 constant; undefined for every other tensor. */
export function scalarValue(x: Tensor): number | undefined {
  return x instanceof Constant && x.shape.length === 0 && x.data instanceof Float32Array ? x.data[0] : undefined;
}
