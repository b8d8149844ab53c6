/**
 * How tensors lie in memory. A batch of images is `[N, C, H, W]` to everybody above; here it is kept as `[C, N, H, W]`.
 *
 * Then a 1x1 convolution, its input gradient and its weight gradient are each one matrix product over `[C, N*H*W]`,
 * however few pixels are left, and a 3x3 convolution is one three-dimensional convolution of a single "image" whose depth
 * is the batch. Element-wise operations, pooling and batch normalisation do not mind. The switch of two leading axes
 * moves whole pictures and costs next to nothing, and happens only where an operation needs the other order.
 */
import { Constant, Input, type Shape, type Tensor, Variable } from '../graph/tensor.js';
import { GraphBuilder, type Value } from './builder.js';
import type { Product } from './normalised-product.js';

/**
 * An image gradient `[C, N, H, W]` that is not worked out yet, because whoever multiplies it may do better with its parts:
 * a factor per channel is cheaper to apply to a small weight. Everybody else gets it whole.
 */
export interface Deferred {
  /** The gradient without its factor, and the factor, `[C]`. */
  readonly unscaled: () => Value;
  readonly scale: Value;
  /** The gradient of the normalisation behind this 1x1 convolution, if it is better taken as products. */
  readonly products?: {
    readonly of: Product;
    readonly inputGradient: () => Value;
    readonly weightGradient: () => Value;
  };
}

export class Layouts {
  readonly builder = new GraphBuilder();
  private readonly plain = new Map<Tensor, Value>();
  private readonly channelsFirst = new Map<Tensor, Value>();
  private readonly madeChannelsFirst = new Set<Tensor>();
  private readonly deferred = new Map<Tensor, Deferred>();

  /** The tensor in its own order. */
  plainOf(tensor: Tensor): Value {
    let value = this.plain.get(tensor);
    if (value) return value;
    if (this.madeChannelsFirst.has(tensor) || this.channelsFirst.has(tensor))
      value = this.swap(this.channelsFirstOf(tensor));
    else if (tensor instanceof Constant) value = this.builder.constant(tensor.data, tensor.shape);
    else if (tensor instanceof Input || tensor instanceof Variable) value = this.builder.leaf(tensor);
    else throw new Error('internal: a tensor was used before the operation that computes it');
    this.plain.set(tensor, value);
    return value;
  }

  /** The tensor as `[C, N, H, W]`; tensors of lower rank are first padded with leading ones, as broadcasting does. */
  channelsFirstOf(tensor: Tensor): Value {
    let value = this.channelsFirst.get(tensor);
    const deferred = this.deferred.get(tensor);
    if (!value && deferred) {
      const unscaled = this.builder.view(deferred.unscaled(), swapLeading(tensor.shape));
      const factor = this.builder.view(deferred.scale, [deferred.scale.shape[0]!, 1, 1, 1]);
      value = this.builder.node('Mul', [unscaled, factor], unscaled.shape);
      this.channelsFirst.set(tensor, value);
    } else if (!value) {
      const plain = this.plainOf(tensor);
      value = this.swap(this.builder.view(plain, [...Array<number>(4 - tensor.shape.length).fill(1), ...tensor.shape]));
      this.channelsFirst.set(tensor, value);
    }
    return value;
  }

  /** Was it computed in this order? Then whatever is done element by element best stays in it. */
  isChannelsFirst(tensor: Tensor): boolean {
    return this.madeChannelsFirst.has(tensor);
  }

  setPlain(tensor: Tensor, value: Value): void {
    this.plain.set(tensor, this.builder.view(value, tensor.shape));
  }

  setChannelsFirst(tensor: Tensor, value: Value): void {
    this.madeChannelsFirst.add(tensor);
    this.channelsFirst.set(tensor, this.builder.view(value, swapLeading(tensor.shape)));
  }

  setDeferred(tensor: Tensor, deferred: Deferred): void {
    this.madeChannelsFirst.add(tensor);
    this.deferred.set(tensor, deferred);
  }

  deferredOf(tensor: Tensor): Deferred | undefined {
    return this.deferred.get(tensor);
  }

  /** `[A, B, H, W]` as `[B, A, H, W]`. */
  swap(value: Value): Value {
    const shape = swapLeading(value.shape);
    // With one image or one channel there is nothing to move.
    if (value.shape[0] === 1 || value.shape[1] === 1) return this.builder.view(value, shape);
    return this.builder.node('Transpose', [value], shape, { perm: [1, 0, 2, 3] }, value.dtype);
  }
}

function swapLeading(shape: Shape): Shape {
  const [n, c, ...rest] = shape;
  return [c!, n!, ...rest];
}
