/**
 * A symbolic tensor: a node of the graph, with a static shape and no data of its own.
 *
 * Everything a user builds is made of these: leaves (`Input`, `Variable`, `Constant`) and the results of operations.
 * Images are `[N, C, H, W]` and convolution weights `[out, in / groups, kH, kW]`, as in PyTorch; how they lie in memory
 * while a step runs is the business of `lowering/`.
 */

export type Shape = readonly number[];
export type DType = 'float32' | 'int32' | 'int64' | 'bool';
export type AttributeValue = number | string | readonly number[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** An operation applied to tensors. `kind` is an ONNX operator, or one of our gradient operators (see `ops/`). */
export interface Operation {
  readonly kind: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

export class Tensor {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    /** The operation that computes this tensor; absent for a leaf. */
    readonly producer?: Operation,
  ) {}

  get size(): number {
    return sizeOf(this.shape);
  }
}

/** A value fed anew at every run: a batch, a learning rate, the weight of a loss. */
export class Input extends Tensor {
  constructor(
    readonly name: string,
    shape: Shape,
    dtype: DType = 'float32',
  ) {
    super(checkShape(`input "${name}"`, shape), dtype);
  }
}

/** A value that lives between runs in its own memory: a weight, a momentum, a running statistic. float32. */
export class Variable extends Tensor {
  constructor(
    readonly name: string,
    shape: Shape,
    /** Row-major values. Runs read from and write into this very array. */
    readonly data: Float32Array,
  ) {
    super(checkShape(`variable "${name}"`, shape), 'float32');
    if (data.length !== this.size) {
      throw new RangeError(
        `variable "${name}" of shape ${formatShape(shape)} needs ${this.size} values, got ${data.length}`,
      );
    }
  }
}

/** A value known when the graph is built. */
export class Constant extends Tensor {
  constructor(
    readonly data: Float32Array | Int32Array | BigInt64Array,
    shape: Shape,
  ) {
    super(
      checkShape('constant', shape),
      data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64',
    );
    if (data.length !== this.size) {
      throw new RangeError(`a constant of shape ${formatShape(shape)} needs ${this.size} values, got ${data.length}`);
    }
  }
}

/** Makes an operation with one result per given shape; dtypes default to float32. */
export function operation(
  kind: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  shapes: readonly Shape[],
  dtypes: readonly DType[] = [],
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const made: Operation = { kind, inputs, attributes, outputs };
  for (const [i, shape] of shapes.entries()) outputs.push(new Tensor(shape, dtypes[i] ?? 'float32', made));
  return outputs;
}

/** The common case: an operation with one result. */
export function apply(
  kind: string,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Attributes = {},
  dtype: DType = 'float32',
): Tensor {
  return operation(kind, inputs, attributes, [shape], [dtype])[0]!;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

function checkShape(what: string, shape: Shape): Shape {
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) {
    throw new RangeError(`${what}: a shape holds whole numbers of 0 or more, got ${formatShape(shape)}`);
  }
  return shape;
}
