/**
 * The physical graph: ONNX nodes over values that have a fixed shape and a place in memory.
 *
 * A *view* is the same memory under another shape. Inside a model it becomes a Reshape (free); at the border of a model
 * it costs nothing at all, because the same buffer is simply bound under the other shape. ONNX Runtime copies when a
 * Reshape touches a model's input or output, so views are kept symbolic until then.
 */
import {
  type Attributes,
  Constant,
  type DType,
  formatShape,
  type Input,
  type Shape,
  sameShape,
  sizeOf,
  type Variable,
} from '../graph/tensor.js';

export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Exactly one of these says where the value comes from. */
  readonly node?: LoweredNode;
  readonly leaf?: Input | Variable;
  readonly constant?: Float32Array | Int32Array | BigInt64Array;
  readonly viewOf?: Value;
}

export interface LoweredNode {
  readonly opType: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export class GraphBuilder {
  private count = 0;
  private readonly shared = new Map<string, Value>();

  /** A node with one output. */
  node(opType: string, inputs: readonly Value[], shape: Shape, attributes: Attributes = {}, dtype?: DType): Value {
    return this.nodes(opType, inputs, [[shape, dtype ?? 'float32']], attributes)[0]!;
  }

  nodes(
    opType: string,
    inputs: readonly Value[],
    results: readonly (readonly [Shape, DType])[],
    attributes: Attributes = {},
  ): Value[] {
    const outputs: Value[] = [];
    const node: LoweredNode = { opType, inputs, outputs, attributes };
    for (const [shape, dtype] of results) outputs.push({ id: this.count++, shape, dtype, node });
    return outputs;
  }

  leaf(leaf: Input | Variable): Value {
    return { id: this.count++, shape: leaf.shape, dtype: leaf.dtype, leaf };
  }

  constant(data: Float32Array | Int32Array | BigInt64Array, shape: Shape): Value {
    const dtype = new Constant(data, shape).dtype;
    return { id: this.count++, shape, dtype, constant: data };
  }

  scalar(value: number): Value {
    return this.once(`scalar ${Object.is(value, -0) ? '-0' : value}`, () => this.constant(Float32Array.of(value), []));
  }

  /** A number that no other call gives. */
  unique(): number {
    return this.count++;
  }

  /** A vector of whole numbers, the form in which ONNX takes shapes, axes and pads. */
  integers(values: readonly number[]): Value {
    return this.once(`integers ${values.join()}`, () =>
      this.constant(BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  view(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    if (sizeOf(shape) !== sizeOf(value.shape)) {
      throw new Error(`internal: view of ${formatShape(value.shape)} as ${formatShape(shape)}`);
    }
    const root = value.viewOf ?? value;
    return sameShape(root.shape, shape) ? root : { id: this.count++, shape, dtype: value.dtype, viewOf: root };
  }

  /** One shared value per key: constants that many nodes use. */
  once(key: string, make: () => Value): Value {
    const value = this.shared.get(key) ?? make();
    this.shared.set(key, value);
    return value;
  }
}

export function rootOf(value: Value): Value {
  return value.viewOf ?? value;
}
