/** Inference models for any ONNX Runtime: standard operators only, images `[batch, C, H, W]`, weights inside, batch size open. */
import type { Tensor } from '../graph/tensor.js';
import { lower } from '../lowering/lower.js';
import { plainRules } from '../lowering/operators.js';
import { partition } from '../program/partition.js';
import { encodeModel, type OnnxInitializer, type OnnxModel, type OnnxValue } from './model.js';

export interface ExportOptions {
  /** Written into the model as metadata, e.g. class names. */
  metadata?: Readonly<Record<string, string>>;
}

/** Builds a graph for a batch of the given size and returns its outputs by name. */
export type BatchBuilder = (batch: number) => Readonly<Record<string, Tensor>>;

/**
 * Serialises a graph as an ONNX model (opset 17).
 *
 * @param build Builds the graph for a batch of the given size and returns its outputs by name. It is called with two sizes:
 *   what differs between the two graphs is the batch dimension, which the model leaves open.
 * @throws Error if something other than a shape depends on the batch size.
 */
export function exportOnnx(build: BatchBuilder, { metadata = {} }: ExportOptions = {}): Uint8Array {
  return encodeModel({ ...describeOnnx(build), metadata });
}

/**
 * What `exportOnnx` serialises, as a plain description: for models that get nodes of their own before or after the graph.
 * Inputs and outputs have the names of the graph; every other name is `v` or `shape_` and a number.
 *
 * @throws Error if something other than a shape depends on the batch size.
 */
export function describeOnnx(build: BatchBuilder): OnnxModel {
  const [one, two] = [describe(build(2)), describe(build(3))];
  if (one.nodes.length !== two.nodes.length) throw new Error('exportOnnx: the operations depend on the batch size');
  const inputs = one.inputs.map((value, i) => open(value, two.inputs[i]!));
  const outputs = one.outputs.map((value, i) => open(value, two.outputs[i]!));
  const others = new Map(two.initializers.map((initializer) => [initializer.name, initializer]));
  const renamed = new Map(
    one.nodes.flatMap((node, i) => node.inputs.map((name, j) => [name, two.nodes[i]!.inputs[j]!])),
  );
  const initializers = one.initializers.map((initializer) => {
    const other = others.get(renamed.get(initializer.name) ?? initializer.name);
    if (!other) throw new Error('internal: the two graphs of an export do not match');
    return openShape(initializer, other);
  });
  return { ...one, inputs, outputs, initializers };
}

function describe(outputs: Readonly<Record<string, Tensor>>): OnnxModel {
  const tensors = Object.values(outputs);
  const layouts = lower(tensors, plainRules);
  const values = tensors.map((tensor) => layouts.plainOf(tensor));
  // The named outputs are copies, so that a name never has to be traced through views and shared values.
  const named = values.map((value) => layouts.builder.node('Identity', [value], value.shape));
  const [phase] = partition([{ name: 'counterpoise', targets: named }]);
  const { model, inputs } = phase!;
  const names = new Map<string, string>();
  for (const [i, name] of Object.keys(outputs).entries()) names.set(`v${named[i]!.id}`, name);
  const variables: OnnxInitializer[] = [];
  const open: OnnxValue[] = [];
  for (const [i, { name, root, shape }] of inputs.entries()) {
    const leaf = root.leaf!;
    if ('data' in leaf) {
      variables.push({ name, shape, data: leaf.data });
    } else {
      names.set(name, leaf.name);
      open.push({ ...model.inputs[i]!, name: leaf.name });
    }
  }
  const rename = (name: string) => names.get(name) ?? name;
  return {
    ...model,
    inputs: open,
    outputs: model.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    initializers: [...model.initializers, ...variables],
  };
}

/** A dimension that follows the batch size is left open. */
function open(value: OnnxValue, other: OnnxValue): OnnxValue {
  return { ...value, shape: value.shape.map((size, axis) => (size === other.shape[axis] ? size : 'batch')) };
}

/** The target of a Reshape may hold one -1, "whatever is left": the batch. */
function openShape(initializer: OnnxInitializer, other: OnnxInitializer): OnnxInitializer {
  const { data } = initializer;
  const varying = [...data.keys()].filter((i) => data[i] !== other.data[i]);
  if (data.length === other.data.length && varying.length === 0) return initializer;
  if (!initializer.name.startsWith('shape_') || varying.length !== 1) {
    throw new Error('exportOnnx: an operation other than a reshape depends on the batch size');
  }
  return {
    ...initializer,
    data: BigInt64Array.from(data as BigInt64Array, (size, i) => (i === varying[0] ? -1n : size)),
  };
}
