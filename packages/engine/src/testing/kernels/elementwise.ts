import { generate, get, getBroadcast } from '../array.js';
import type { Kernel, Kernels } from './kernel.js';

/** An elementwise function of broadcast operands. */
function elementwise(compute: (...operands: number[]) => number): Kernel {
  return (inputs, op) => [
    generate(op.outputs[0]!.shape, (index) => compute(...inputs.map((input) => getBroadcast(input, index)))),
  ];
}

/** Abramowitz and Stegun 7.1.6, a series without cancellation; beyond 6 the function is 1 in float64. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const elementwiseKernels: Kernels = {
  Add: elementwise((a, b) => a! + b!),
  Sub: elementwise((a, b) => a! - b!),
  Mul: elementwise((a, b) => a! * b!),
  Div: elementwise((a, b) => a! / b!),
  Pow: elementwise((a, b) => a! ** b!),
  Min: elementwise((a, b) => Math.min(a!, b!)),
  Max: elementwise((a, b) => Math.max(a!, b!)),
  Greater: elementwise((a, b) => Number(a! > b!)),
  Less: elementwise((a, b) => Number(a! < b!)),
  Equal: elementwise((a, b) => Number(a! === b!)),
  Where: elementwise((condition, a, b) => (condition ? a! : b!)),
  Identity: elementwise((x) => x!),
  Neg: elementwise((x) => -x!),
  Exp: elementwise((x) => Math.exp(x!)),
  Log: elementwise((x) => Math.log(x!)),
  Sqrt: elementwise((x) => Math.sqrt(x!)),
  Abs: elementwise((x) => Math.abs(x!)),
  Sign: elementwise((x) => Math.sign(x!)),
  Reciprocal: elementwise((x) => 1 / x!),
  Erf: elementwise((x) => erf(x!)),
  Atan: elementwise((x) => Math.atan(x!)),
  Relu: elementwise((x) => Math.max(x!, 0)),
  ReluGrad: elementwise((dy, y) => (y! > 0 ? dy! : 0)),
  Sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x!))),
  Tanh: elementwise((x) => Math.tanh(x!)),
  Softplus: elementwise((x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!)))),
  Cast: ([x], op) => {
    const { shape, dtype } = op.outputs[0]!;
    const convert = {
      float32: (v: number) => v,
      int32: Math.trunc,
      int64: Math.trunc,
      bool: (v: number) => Number(v !== 0),
    };
    return [generate(shape, (index) => convert[dtype](get(x!, index)))];
  },
};
