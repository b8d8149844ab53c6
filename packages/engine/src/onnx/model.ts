/** A plain description of an ONNX model, and its serialisation. Field numbers from the public onnx.proto. */
import type { AttributeValue, DType, Shape } from '../graph/tensor.js';
import { MessageWriter } from './protobuf.js';

export interface OnnxValue {
  readonly name: string;
  /** A string is a dimension left open under that name, e.g. `batch`. */
  readonly shape: readonly (number | string)[];
  /** `uint8` is for pictures as they come: no tensor of ours has it. */
  readonly dtype: DType | 'uint8';
}

export interface OnnxNode {
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

export interface OnnxModel {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly metadata?: Readonly<Record<string, string>>;
}

const IR_VERSION = 8;
export const OPSET_VERSION = 17;
const ELEMENT_TYPES: Record<OnnxValue['dtype'], number> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
/** ONNX attributes carry their type; a whole number among these is still a float. */
const FLOAT_ATTRIBUTES = new Set(['alpha', 'beta', 'epsilon', 'momentum']);

export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = new MessageWriter();
  for (const node of model.nodes) graph.message(1, encodeNode(node));
  graph.string(2, model.name);
  for (const initializer of model.initializers) graph.message(5, encodeInitializer(initializer));
  for (const value of model.inputs) graph.message(11, encodeValue(value));
  for (const value of model.outputs) graph.message(12, encodeValue(value));

  const writer = new MessageWriter().integer(1, IR_VERSION).string(2, 'counterpoise').message(7, graph);
  const domains = new Set(model.nodes.map((node) => node.domain ?? ''));
  writer.message(8, new MessageWriter().string(1, '').integer(2, OPSET_VERSION));
  domains.delete('');
  for (const domain of domains) writer.message(8, new MessageWriter().string(1, domain).integer(2, 1));
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    writer.message(14, new MessageWriter().string(1, key).string(2, value));
  }
  return writer.finish();
}

function encodeNode(node: OnnxNode): MessageWriter {
  const writer = new MessageWriter();
  for (const name of node.inputs) writer.string(1, name);
  for (const name of node.outputs) writer.string(2, name);
  writer.string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) writer.message(5, encodeAttribute(name, value));
  if (node.domain) writer.string(7, node.domain);
  return writer;
}

function encodeAttribute(name: string, value: AttributeValue): MessageWriter {
  const writer = new MessageWriter().string(1, name);
  if (typeof value === 'string') return writer.bytes(4, new TextEncoder().encode(value)).integer(20, 3);
  if (typeof value === 'number') {
    return FLOAT_ATTRIBUTES.has(name) ? writer.float(2, value).integer(20, 1) : writer.integer(3, value).integer(20, 2);
  }
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, 7);
}

function encodeInitializer({ name, shape, data }: OnnxInitializer): MessageWriter {
  const writer = new MessageWriter();
  for (const dimension of shape) writer.integer(1, dimension);
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
  return writer
    .integer(2, ELEMENT_TYPES[dtype])
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function encodeValue({ name, shape, dtype }: OnnxValue): MessageWriter {
  const dimensions = new MessageWriter();
  for (const dimension of shape) {
    dimensions.message(
      1,
      typeof dimension === 'number'
        ? new MessageWriter().integer(1, dimension)
        : new MessageWriter().string(2, dimension),
    );
  }
  const tensorType = new MessageWriter().integer(1, ELEMENT_TYPES[dtype]).message(2, dimensions);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensorType));
}
