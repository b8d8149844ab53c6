/** ONNX nodes written one after the other, each as a call that gives the name of its result. */
import type { Attributes, OnnxInitializer, OnnxNode } from '@counterpoise/engine';

export class NodeList {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #prefix: string;
  #count = 0;

  /** @param prefix of all names that are made here: no other name of the model may begin with it. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param output name of the result; default: a new one. */
  add(opType: string, inputs: readonly string[], attributes: Attributes = {}, output = this.#newName()): string {
    this.nodes.push({ opType, inputs, outputs: [output], attributes });
    return output;
  }

  /** A vector of whole numbers, the form in which ONNX takes shapes, axes and pads. */
  integers(...values: readonly number[]): string {
    return this.#constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A whole number without dimensions. */
  integer(value: number): string {
    return this.#constant(BigInt64Array.of(BigInt(value)), []);
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(Float32Array.from(values), shape);
  }

  #constant(data: OnnxInitializer['data'], shape: readonly number[]): string {
    const name = this.#newName();
    this.initializers.push({ name, shape, data });
    return name;
  }

  #newName(): string {
    return `${this.#prefix}${this.#count++}`;
  }
}
