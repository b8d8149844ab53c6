/**
 * Gradients of several losses for one weight, without the gradients themselves.
 *
 * The gradient of loss k for the weight of a convolution or a linear layer is a product dW_k = D_k X^T of the layer's input
 * X [R, M] (columns of patches; M values of the batch) and the gradient D_k [O, M] of its output. With few columns both what a
 * balancing method asks of the K gradients and what comes of its answer are cheaper from the factors:
 *
 *   <dW_i, dW_j> = <D_i (X^T X), D_j>,   sum_k w_k dW_k = (sum_k w_k D_k) X^T
 *
 * so that K gradients [O, R] need be neither computed nor stored.
 */
import type { Operation, Tensor } from '../graph/tensor.js';
import { convWeightGrad, convWeightGradProducts } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { gemm } from '../ops/matmul.js';
import { sum } from '../ops/reduce.js';
import { concat, reshape } from '../ops/shape.js';
import { geometry } from './convolution/geometry.js';
import { choose } from './convolution/way.js';

export interface FactoredGradients {
  /** D_k, of the size of the layer's output. */
  readonly factors: readonly Tensor[];
  /** [K, K]: dot products of the gradients. */
  products(): Tensor;
  /** sum_k w_k dW_k, of the shape of the weight. @param weights scalars */
  combined(weights: readonly Tensor[]): Tensor;
}

/** @param gradients of one weight. @returns undefined where they are better computed. */
export function factoredGradients(gradients: readonly Tensor[]): FactoredGradients | undefined {
  const operations = gradients.map(({ producer }) => producer);
  const [first] = operations;
  if (!first || operations.length < 2 || operations.some((one) => one?.kind !== first.kind)) return undefined;
  if (first.kind === 'ConvWeightGrad') return ofConvolution(operations as Operation[]);
  if (first.kind === 'Gemm') return ofLinear(operations as Operation[]);
  return undefined;
}

function ofConvolution(operations: readonly Operation[]): FactoredGradients | undefined {
  const [first] = operations as readonly [Operation];
  const [x] = first.inputs as readonly [Tensor, Tensor];
  const { shape } = first.outputs[0]!;
  const factors = operations.map(({ inputs }) => inputs[1]!);
  const g = geometry(first, x.shape, shape, factors[0]!.shape);
  const columns = g.n * g.output[0] * g.output[1];
  const rows = shape[1]! * shape[2]! * shape[3]!;
  const isOne = operations.every(({ inputs }) => inputs[0] === x);
  if (!isOne || choose(g) === 'direct' || !pays(factors.length, rows, shape[0]!, columns)) return undefined;
  return {
    factors,
    products: () => convWeightGradProducts(x, factors, shape, first.attributes),
    combined: (weights) => convWeightGrad(x, weightedSum(factors, weights), shape, first.attributes),
  };
}

/** dW = dy^T x */
function ofLinear(operations: readonly Operation[]): FactoredGradients | undefined {
  const isWeightGradient = ({ inputs, attributes }: Operation) =>
    inputs.length === 2 && attributes.transA === 1 && attributes.transB === 0;
  const x = operations[0]!.inputs[1]!;
  const factors = operations.map(({ inputs }) => inputs[0]!);
  if (!operations.every((one) => isWeightGradient(one) && one.inputs[1] === x)) return undefined;
  const [columns, rows] = x.shape as readonly [number, number];
  if (!pays(factors.length, rows, factors[0]!.shape[1]!, columns)) return undefined;
  return {
    factors,
    products() {
      const inner = gemm(x, x, false, true);
      const turned = factors.map((factor) => gemm(inner, factor, false, false));
      const entries = turned.flatMap((a) => factors.map((b) => reshape(sum(mul(a, b)), [1])));
      return reshape(concat(entries, 0), [factors.length, factors.length]);
    },
    combined: (weights) => gemm(weightedSum(factors, weights), x, true, false),
  };
}

function weightedSum(factors: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  return factors.map((factor, k) => mul(factor, weights[k]!)).reduce(add);
}

/** M^2 R + K M^2 O, and one gradient, against K gradients of M R O each. */
function pays(losses: number, rows: number, out: number, columns: number): boolean {
  return columns * (rows + losses * out) < (losses - 1) * rows * out;
}
