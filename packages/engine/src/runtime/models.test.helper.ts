/** A hand encoder of tiny ONNX models, for the tests of this folder only: protobuf fields by number. */

type Bytes = number[];

function varint(value: number | bigint): Bytes {
  const bytes: Bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

const int = (field: number, value: number | bigint): Bytes => [...varint(field << 3), ...varint(value)];

const nested = (field: number, content: Iterable<number>): Bytes => {
  const bytes = [...content];
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
};

const text = (field: number, value: string): Bytes => nested(field, Buffer.from(value));

export const FLOAT = 1;
export const UINT8 = 2;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;

/** A graph input or output; a dimension given as a string is symbolic. */
export interface ValueSpec {
  name: string;
  type?: number;
  shape: (number | string)[];
}

export interface NodeSpec {
  op: string;
  inputs: string[];
  outputs: string[];
  /** Integer attributes. */
  attributes?: Record<string, number>;
}

function value({ name, type = FLOAT, shape }: ValueSpec): Bytes {
  const dimensions = shape.flatMap((size) => nested(1, typeof size === 'number' ? int(1, size) : text(2, size)));
  return [...text(1, name), ...nested(2, nested(1, [...int(1, type), ...nested(2, dimensions)]))];
}

function node({ op, inputs, outputs, attributes = {} }: NodeSpec): Bytes {
  const INT_ATTRIBUTE = 2;
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(3, outputs[0] ?? op),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, number]) =>
      nested(5, [...text(1, name), ...int(3, number), ...int(20, INT_ATTRIBUTE)]),
    ),
  ];
}

/** Serialises a model of opset 17, IR version 8. */
export function encodeModel(graph: { nodes: NodeSpec[]; inputs: ValueSpec[]; outputs: ValueSpec[] }): Uint8Array {
  const body = [
    ...graph.nodes.flatMap((spec) => nested(1, node(spec))),
    ...text(2, 'test'),
    ...graph.inputs.flatMap((spec) => nested(11, value(spec))),
    ...graph.outputs.flatMap((spec) => nested(12, value(spec))),
  ];
  return Uint8Array.from([...int(1, 8), ...nested(7, body), ...nested(8, int(2, 17))]);
}

/** y = relu(a b + c), a of [m, k], b of [k, n], c of [n]. */
export function affineModel(m: number, k: number, n: number): Uint8Array {
  return encodeModel({
    nodes: [
      { op: 'MatMul', inputs: ['a', 'b'], outputs: ['product'] },
      { op: 'Add', inputs: ['product', 'c'], outputs: ['sum'] },
      { op: 'Relu', inputs: ['sum'], outputs: ['y'] },
    ],
    inputs: [
      { name: 'a', shape: [m, k] },
      { name: 'b', shape: [k, n] },
      { name: 'c', shape: [n] },
    ],
    outputs: [{ name: 'y', shape: [m, n] }],
  });
}

/** q = p + d, element by element. */
export function addModel(n: number): Uint8Array {
  return encodeModel({
    nodes: [{ op: 'Add', inputs: ['p', 'd'], outputs: ['q'] }],
    inputs: [
      { name: 'p', shape: [n] },
      { name: 'd', shape: [n] },
    ],
    outputs: [{ name: 'q', shape: [n] }],
  });
}

/** y = x w w ... w, `length` square products of size n. */
export function chainModel(length: number, n: number): Uint8Array {
  const name = (i: number) => (i === 0 ? 'x' : i === length ? 'y' : `x${i}`);
  return encodeModel({
    nodes: Array.from({ length }, (_, i) => ({ op: 'MatMul', inputs: [name(i), 'w'], outputs: [name(i + 1)] })),
    inputs: [
      { name: 'x', shape: [n, n] },
      { name: 'w', shape: [n, n] },
    ],
    outputs: [{ name: 'y', shape: [n, n] }],
  });
}

/** Forward through six Tanh and back through the products with each of them: intermediates live long, as in training. */
export function tapeModel(n: number): Uint8Array {
  const depth = 6;
  const forward = (i: number) => (i === 0 ? 'x' : `f${i}`);
  const backward = (i: number) => (i === depth ? forward(depth) : i === 0 ? 'y' : `g${i}`);
  const steps = Array.from({ length: depth }, (_, i) => i);
  return encodeModel({
    nodes: [
      ...steps.map((i) => ({ op: 'Tanh', inputs: [forward(i)], outputs: [forward(i + 1)] })),
      ...steps.reverse().map((i) => ({ op: 'Mul', inputs: [backward(i + 1), forward(i)], outputs: [backward(i)] })),
    ],
    inputs: [{ name: 'x', shape: [n] }],
    outputs: [{ name: 'y', shape: [n] }],
  });
}
