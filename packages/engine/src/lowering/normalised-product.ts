/**
 * The gradients of batch normalisation behind a 1x1 convolution that makes many channels out of few.
 *
 * With columns X [I, M], x = W X [O, M] and the normalisation's gradient d = a (dy + b x + c) (see `batch-norm.ts`; a, b, c have
 * one value per channel), d is only ever multiplied by W or X. By P = dy X^T and Q = X X^T,
 *
 *   sum dy x   = rows of W * P, summed
 *   dX = W^T d = (a W)^T dy + (W^T (a b W)) X + W^T (a c)
 *   dW = d X^T = a (P + b (W Q) + c (X 1)^T)
 *
 * so neither x nor d is needed: five passes over [O, M], the largest tensors of a residual net, become two products with
 * [I, I], and x need not be kept for the backward pass. It pays where I is small beside O and M.
 */
import type { Tensor } from '../graph/tensor.js';
import type { GraphBuilder, Value } from './builder.js';

/** A 1x1 convolution without bias: `x = weight columns`. */
export interface Product {
  /** The convolution's own tensors, to tell its gradients from those of others. */
  readonly input: Tensor;
  readonly weightTensor: Tensor;
  /** `[O, I]` */
  readonly weight: Value;
  /** `[I, M]` */
  readonly columns: Value;
}

/** d = a (dy + b x + c) in the parts that its products need. */
export class NormalisedProduct {
  private readonly out: number;
  private readonly inner: number;
  private readonly count: number;
  /** P, `[O, I]` */
  readonly weightProduct: Value;

  constructor(
    private readonly builder: GraphBuilder,
    readonly product: Product,
    /** dy, `[O, M]` */
    private readonly gradient: Value,
  ) {
    [this.out, this.inner] = product.weight.shape as [number, number];
    this.count = product.columns.shape[1]!;
    this.weightProduct = builder.node('Gemm', [gradient, product.columns], [this.out, this.inner], { transB: 1 });
  }

  /** `sum dy x`, `[O]` */
  sumOfProducts(): Value {
    const { builder, out, inner } = this;
    const products = builder.node('Mul', [this.product.weight, this.weightProduct], [out, inner]);
    return builder.node('ReduceSum', [products, builder.integers([1])], [out], { keepdims: 0 });
  }

  /** W^T d, `[I, M]`; a, b and c are `[O]`. */
  inputGradient(a: Value, b: Value, c: Value): Value {
    const { builder, out, inner, count } = this;
    const { weight, columns } = this.product;
    const rows = (scale: Value) => builder.node('Mul', [weight, builder.view(scale, [out, 1])], [out, inner]);
    const per = (x: Value, y: Value) => builder.node('Mul', [x, y], [out]);
    const square = builder.node('Gemm', [weight, rows(per(a, b))], [inner, inner], { transA: 1 });
    const shift = builder.node('Gemm', [weight, builder.view(per(a, c), [out, 1])], [inner, 1], { transA: 1 });
    const affine = builder.node('Gemm', [square, columns, shift], [inner, count]);
    return builder.node('Gemm', [rows(a), this.gradient, affine], [inner, count], { transA: 1 });
  }

  /** d X^T, `[O, I]` */
  weightGradient(a: Value, b: Value, c: Value): Value {
    const { builder, out, inner } = this;
    const { weight, columns } = this.product;
    const column = (value: Value) => builder.view(value, [out, 1]);
    const square = builder.node('Gemm', [columns, columns], [inner, inner], { transB: 1 });
    const sums = builder.node('ReduceSum', [columns, builder.integers([1])], [inner], { keepdims: 0 });
    const curved = builder.node('Gemm', [weight, square], [out, inner]);
    const scaled = builder.node('Mul', [curved, column(b)], [out, inner]);
    const outer = builder.node('Gemm', [column(c), builder.view(sums, [1, inner]), this.weightProduct], [out, inner]);
    return builder.node('Mul', [builder.node('Add', [outer, scaled], [out, inner]), column(a)], [out, inner]);
  }
}

/**
 * Do two products with [I, I] cost less than five passes over [O, M]? A fused multiply-add takes about a hundredth of the
 * time in which one number goes to memory or back, and there are some ten of these per entry.
 */
export function paysAsProduct({ weight, columns }: Product): boolean {
  const [out, inner] = weight.shape as [number, number];
  const count = columns.shape[1]!;
  return inner * inner * (count + out) < 64 * out * count;
}
