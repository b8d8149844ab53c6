import { apply, type Tensor } from '../graph/tensor.js';
import { requireDtype } from './arguments.js';
import { mul } from './elementwise.js';

export const neg = unary('neg', 'Neg');
export const exp = unary('exp', 'Exp');
/** Natural logarithm. */
export const log = unary('log', 'Log');
export const sqrt = unary('sqrt', 'Sqrt');
export const abs = unary('abs', 'Abs');
/** -1, 0 or 1. Its gradient is zero everywhere: for `gradients`, nothing passes through it. */
export const sign = unary('sign', 'Sign');
export const reciprocal = unary('reciprocal', 'Reciprocal');
/** The error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x. */
export const erf = unary('erf', 'Erf');
/** The arc tangent, in (-pi / 2, pi / 2). */
export const atan = unary('atan', 'Atan');
/** max(x, 0). Its gradient at 0 is 0. */
export const relu = unary('relu', 'Relu');
/** 1 / (1 + exp(-x)). */
export const sigmoid = unary('sigmoid', 'Sigmoid');
export const tanh = unary('tanh', 'Tanh');
/** log(1 + exp(x)). */
export const softplus = unary('softplus', 'Softplus');

/** x * x. */
export function square(x: Tensor): Tensor {
  requireDtype('square', 'x', x, 'float32');
  return mul(x, x);
}

function unary(name: string, kind: string): (x: Tensor) => Tensor {
  return (x) => {
    requireDtype(name, 'x', x, 'float32');
    return apply(kind, [x], x.shape);
  };
}

/** The gradient of relu from its result: dy where y > 0, else 0. */
export function reluGrad(dy: Tensor, y: Tensor): Tensor {
  return apply('ReluGrad', [dy, y], y.shape);
}
