import { gradients } from '../graph/gradients.js';
import type { Tensor } from '../graph/tensor.js';
import { conv2d } from '../ops/conv.js';
import { mul } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { avgPool2d } from '../ops/pool.js';
import { sum } from '../ops/reduce.js';
import { softmax } from '../ops/softmax.js';
import { exp, relu, square, tanh } from '../ops/unary.js';
import { type Case, type CaseInput, values } from './cases.js';

/** The gradient of sum(f(x, w)^2) for input `wrt`, to be differentiated once more. */
function gradientOf(name: string, inputs: readonly CaseInput[], wrt: number, f: (...inputs: Tensor[]) => Tensor): Case {
  return {
    name: `gradient of ${name} for input ${wrt}`,
    inputs,
    build: (...tensors) => gradients(sum(square(f(...tensors))), [tensors[wrt]!])[0]!,
  };
}

const convolution = [values([1, 2, 5, 4]), values([4, 1, 3, 3])];
const strided = (x: Tensor, w: Tensor) => conv2d(x, w, { stride: 2, padding: 1, groups: 2 });
const pooled = (x: Tensor) => avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false });

export const secondOrderCases: readonly Case[] = [
  gradientOf('conv2d', convolution, 0, strided),
  gradientOf('conv2d', convolution, 1, strided),
  gradientOf('avgPool2d', [values([1, 1, 5, 5])], 0, (x) => mul(pooled(x), pooled(x))),
  gradientOf('relu', [values([6])], 0, (x) => mul(relu(x), x)),
  gradientOf('tanh of a matmul', [values([2, 3]), values([3, 2])], 1, (x, w) => tanh(matmul(x, w))),
  gradientOf('softmax', [values([2, 3])], 0, (x) => mul(softmax(x), exp(x))),
];
