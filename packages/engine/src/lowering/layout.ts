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

/** Images `[C, N, H, W]` whose factor per channel, `[C]`, has not been applied yet. */
export interface Scaled {
  readonly value: Value;
  readonly scale: Value;
}

export class Layouts {
  readonly builder = new GraphBuilder();
  private readonly plain = new Map<Tensor, Value>();
  private readonly channelsFirst = new Map<Tensor, Value>();
  private readonly madeChannelsFirst = new Set<Tensor>();
  private readonly scaled = new Map<Tensor, Scaled>();

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
    const scaled = this.scaled.get(tensor);
    if (!value && scaled) {
      const [c] = scaled.value.shape as [number];
      const factor = this.builder.view(scaled.scale, [c, 1, 1, 1]);
      value = this.builder.node('Mul', [scaled.value, factor], scaled.value.shape);
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

  /** Sets the tensor to `scale [C]` times `value`. Whoever can multiply something smaller takes the two as they are. */
  setScaled(tensor: Tensor, value: Value, scale: Value): void {
    this.madeChannelsFirst.add(tensor);
    this.scaled.set(tensor, { value: this.builder.view(value, swapLeading(tensor.shape)), scale });
  }

  scaledOf(tensor: Tensor): Scaled | undefined {
    return this.scaled.get(tensor);
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
