import { formatShape, Input, Variable } from '../graph/tensor.js';
import type { Value } from '../lowering/builder.js';
import { EngineError, type TensorData } from '../runtime/index.js';

/** An input of a program and the memory that holds what it was last fed. */
export interface FedInput {
  readonly leaf: Input;
  readonly data: Float32Array | Int32Array;
}

/** Where every value that crosses the border of a model lies, while a program is compiled. */
export class Memory {
  readonly inputs = new Map<string, FedInput>();
  private readonly places = new Map<Value, TensorData>();

  /** Puts a value into memory that exists. */
  set(root: Value, data: TensorData): void {
    this.places.set(root, data);
  }

  of(root: Value): TensorData {
    const known = this.places.get(root);
    if (known) return known;
    const data = this.place(root);
    this.places.set(root, data);
    return data;
  }

  private place({ shape, dtype, leaf, constant }: Value): TensorData {
    if (constant) return constant;
    if (leaf instanceof Variable) return leaf.data;
    if (leaf instanceof Input) return this.placeInput(leaf);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    if (dtype === 'float32') return new Float32Array(size);
    if (dtype === 'int32') return new Int32Array(size);
    return dtype === 'int64' ? new BigInt64Array(size) : new Uint8Array(size);
  }

  private placeInput(leaf: Input): TensorData {
    const { name, shape, dtype } = leaf;
    if (this.inputs.has(name)) throw new EngineError('invalid-argument', `two inputs are named "${name}"`);
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new TypeError(`input "${name}" ${formatShape(shape)} must be float32 or int32, got ${dtype}`);
    }
    const data = dtype === 'int32' ? new Int32Array(leaf.size) : new Float32Array(leaf.size);
    this.inputs.set(name, { leaf, data });
    return data;
  }
}
