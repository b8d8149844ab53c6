import { apply, formatShape, type Tensor } from '../graph/tensor.js';
import { requireDtype, requireShape } from './arguments.js';
import { broadcastShapes } from './broadcast.js';
import { ShapeError } from './errors.js';
import { reshape } from './shape.js';

/**
 * Matrix product of `a [..., n, k]` and `b [..., k, m]`, leading axes broadcast: `[..., n, m]`. A vector counts as one
 * row (left) or one column (right), and that axis is absent from the result, as in PyTorch.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireDtype('matmul', 'a', a, 'float32');
  requireDtype('matmul', 'b', b, 'float32');
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new ShapeError(`matmul: needs vectors or matrices, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const left = a.shape.length === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.size, 1]) : b;
  const [n, k] = left.shape.slice(-2) as [number, number];
  const [inner, m] = right.shape.slice(-2) as [number, number];
  if (k !== inner) {
    throw new ShapeError(
      `matmul: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit: ${k} columns against ${inner} rows`,
    );
  }
  const batch = broadcastShapes('matmul', left.shape.slice(0, -2), right.shape.slice(0, -2));
  const product = apply('MatMul', [left, right], [...batch, n, m]);
  return reshape(product, [...batch, ...(left === a ? [n] : []), ...(right === b ? [m] : [])]);
}

/** ONNX Gemm with alpha = beta = 1: op(a) op(b) + c for matrices, op transposing where its flag says so. */
export function gemm(a: Tensor, b: Tensor, transA: boolean, transB: boolean, c?: Tensor): Tensor {
  const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!];
  return apply('Gemm', c ? [a, b, c] : [a, b], shape, { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
}

/** x W^T + b for `x [..., in]`, `weight [out, in]`, `bias [out]`: `[..., out]`. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  requireDtype('linear', 'x', x, 'float32');
  requireDtype('linear', 'weight', weight, 'float32');
  if (weight.shape.length !== 2) {
    throw new ShapeError(`linear: weight must be [out, in], got ${formatShape(weight.shape)}`);
  }
  const [out, features] = weight.shape as unknown as [number, number];
  if (x.shape.at(-1) !== features) {
    throw new ShapeError(
      `linear: weight ${formatShape(weight.shape)} needs ${features} input features, got x ${formatShape(x.shape)}`,
    );
  }
  if (bias) requireShape('linear', 'bias', bias, [out], `for weight ${formatShape(weight.shape)}`);
  const rows = x.shape.slice(0, -1);
  const flat = x.shape.length === 2 ? x : reshape(x, [x.size / features, features]);
  return reshape(gemm(flat, weight, false, true, bias), [...rows, out]);
}
