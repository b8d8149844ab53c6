import type { Operation, Tensor } from '../../graph/tensor.js';
import { sumTo } from '../broadcast.js';
import { conv, convInputGrad, convWeightGrad } from '../conv.js';
import { mul } from '../elementwise.js';
import { gemm, matmul } from '../matmul.js';
import { averagePool, averagePoolGrad, maxPoolGrad } from '../pool.js';
import { sum } from '../reduce.js';
import { expand, transpose } from '../shape.js';
import { type GradientRules, unaryRule } from './rule.js';

/** Products, convolutions and pooling: linear in each input, so their gradients are operations of the same family. */
export const linearGradients: GradientRules = {
  MatMul: (dy, op, needs) => {
    const [a, b] = operands(op);
    // Plain matrices: Gemm transposes for free.
    if (a.shape.length === 2 && b.shape.length === 2) {
      return [needs[0] ? gemm(dy, b, false, true) : undefined, needs[1] ? gemm(a, dy, true, false) : undefined];
    }
    return [
      needs[0] ? sumTo(matmul(dy, transpose(b, -2, -1)), a.shape) : undefined,
      needs[1] ? sumTo(matmul(transpose(a, -2, -1), dy), b.shape) : undefined,
    ];
  },
  // For y = op(a) op(b): d op(a) = dy op(b)^T and d op(b) = op(a)^T dy, transposed where a or b is.
  Gemm: (dy, op, needs) => {
    const [a, b] = operands(op);
    const transA = op.attributes.transA === 1;
    const transB = op.attributes.transB === 1;
    const forA = () => (transA ? gemm(b, dy, transB, true) : gemm(dy, b, false, !transB));
    const forB = () => (transB ? gemm(dy, a, true, transA) : gemm(a, dy, !transA, false));
    return [
      needs[0] ? forA() : undefined,
      needs[1] ? forB() : undefined,
      needs[2] ? sumTo(dy, op.inputs[2]!.shape) : undefined,
    ];
  },
  Conv: (dy, op, needs) => {
    const [x, w] = operands(op);
    return [
      needs[0] ? convInputGrad(dy, w, x.shape, op.attributes) : undefined,
      needs[1] ? convWeightGrad(x, dy, w.shape, op.attributes) : undefined,
      needs[2] ? sum(dy, { axes: [0, 2, 3] }) : undefined,
    ];
  },
  ConvInputGrad: (gx, op, needs) => {
    const [dy, w] = operands(op);
    return [
      needs[0] ? conv(gx, w, dy.shape, op.attributes) : undefined,
      needs[1] ? convWeightGrad(gx, dy, w.shape, op.attributes) : undefined,
    ];
  },
  ConvWeightGrad: (gw, op, needs) => {
    const [x, dy] = operands(op);
    return [
      needs[0] ? convInputGrad(dy, gw, x.shape, op.attributes) : undefined,
      needs[1] ? conv(x, gw, dy.shape, op.attributes) : undefined,
    ];
  },
  MaxPool: unaryRule((dy, x, y, op) => maxPoolGrad(dy, x, y, op.attributes)),
  AveragePool: unaryRule((dy, x, _y, op) => averagePoolGrad(dy, x.shape, op.attributes)),
  AveragePoolGrad: unaryRule((gx, dy, _y, op) => averagePool(gx, dy.shape, op.attributes)),
  GlobalAveragePool: unaryRule((dy, x, y) => expand(mul(dy, y.size / x.size), x.shape)),
};

function operands(op: Operation): readonly [Tensor, Tensor] {
  return [op.inputs[0]!, op.inputs[1]!];
}
