import { Constant, formatShape, Input, sameShape, type Tensor, Variable } from '../graph/tensor.js';
import { operationsBefore } from '../graph/traverse.js';
import type { Values } from './array.js';
import { elementwiseKernels } from './kernels/elementwise.js';
import { imageKernels } from './kernels/images.js';
import type { Kernels } from './kernels/kernel.js';
import { productKernels } from './kernels/products.js';
import { shapeKernels } from './kernels/shape.js';

const kernels: Kernels = { ...elementwiseKernels, ...shapeKernels, ...productKernels, ...imageKernels };

export type Feeds = ReadonlyMap<Tensor, ArrayLike<number>>;

/**
 * The reference of what a graph means: evaluates it in float64, one obvious loop per operation. For tests, where it
 * stands against finite differences, PyTorch's numbers and the real engine.
 *
 * @param feeds Row-major values of inputs, and of variables in place of their data.
 */
export function interpret(targets: readonly Tensor[], feeds: Feeds = new Map()): Float64Array[] {
  const computed = new Map<Tensor, Values>();
  const valuesOf = (tensor: Tensor): Values => {
    const known = computed.get(tensor);
    if (known) return known;
    const values = leaf(tensor, feeds);
    computed.set(tensor, values);
    return values;
  };
  for (const op of operationsBefore(targets)) {
    const kernel = kernels[op.kind];
    if (!kernel) throw new Error(`internal: the interpreter has no kernel for ${op.kind}`);
    const results = kernel(op.inputs.map(valuesOf), op);
    op.outputs.forEach((output, i) => {
      const values = results[i]!;
      if (!sameShape(values.shape, output.shape) || values.data.length !== output.size) {
        const graph = formatShape(output.shape);
        throw new Error(`internal: ${op.kind} computed ${values.data.length} values, the graph says ${graph}`);
      }
      computed.set(output, values);
    });
  }
  return targets.map((target) => valuesOf(target).data);
}

function leaf(tensor: Tensor, feeds: Feeds): Values {
  const fed = feeds.get(tensor);
  if (fed && fed.length !== tensor.size) {
    throw new RangeError(`a tensor ${formatShape(tensor.shape)} needs ${tensor.size} values, got ${fed.length}`);
  }
  if (fed) return { shape: tensor.shape, data: Float64Array.from(fed) };
  if (tensor instanceof Variable || tensor instanceof Constant) {
    return { shape: tensor.shape, data: Float64Array.from(tensor.data as ArrayLike<number | bigint>, Number) };
  }
  throw new Error(tensor instanceof Input ? `input "${tensor.name}" has no values` : 'internal: a leaf without values');
}
