import type { Variable } from '../graph/tensor.js';
import type { LoweredNode, Value } from '../lowering/builder.js';
import { rootOf } from '../lowering/builder.js';

/** Operators that read each element of a same-shaped input no later than they write that element of the output. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Sqrt', 'Neg', 'Exp', 'Log', 'Abs']);
/** Operators that only move values: ONNX Runtime folds them into the products that they feed. */
const MOVEMENT = new Set(['Transpose', 'Slice', 'Concat', 'Expand', 'Pad', 'Cast']);

/**
 * Which variables may be overwritten while their phase still runs.
 *
 * The new value may lie over the old one if the last node works element by element, every other node that reads the old
 * value comes before it in every order, i.e. is one of its ancestors, and none of those can be fused with it: ONNX Runtime
 * turns 2 (w b) or w b + w into one product, which would read the rows of w that it has already overwritten.
 * Otherwise some node could see the new value too soon, silently: then the new value gets memory of its own and is copied
 * after the run. So does a value that a later phase needs, since the variable may change again before. Where no node reads
 * the old value (a buffer that is filled anew) any operator may write it.
 */
export function inPlaceTargets(
  nodes: readonly LoweredNode[],
  updates: readonly { variable: Variable; root: Value }[],
  handedOver: ReadonlySet<Value>,
): Set<Variable> {
  // By memory: two variables may share one array.
  const readers = new Map<Float32Array, LoweredNode[]>();
  for (const node of nodes) {
    for (const { leaf } of new Set(node.inputs.map(rootOf))) {
      if (leaf && 'data' in leaf) readers.set(leaf.data, [...(readers.get(leaf.data) ?? []), node]);
    }
  }
  const inPhase = new Set(nodes);
  const safe = new Set<Variable>();
  const taken = new Set<Value>();
  for (const { variable, root } of updates) {
    const last = root.node;
    if (!last || !inPhase.has(last) || taken.has(root) || handedOver.has(root)) continue;
    const sought = readers.get(variable.data) ?? [];
    if (sought.length > 0 && !ELEMENTWISE.has(last.opType)) continue;
    const aligned = last.inputs.every((input) => {
      const { leaf } = rootOf(input);
      return !(leaf && 'data' in leaf && leaf.data === variable.data) || input.shape.join() === root.shape.join();
    });
    if (!aligned || !areAncestors(last, sought, inPhase) || fusible(last, new Set(sought), inPhase)) continue;
    taken.add(root);
    safe.add(variable);
  }
  return safe;
}

/** Are all of `sought` among the node and its ancestors? Looks no further than it must. */
function areAncestors(node: LoweredNode, sought: readonly LoweredNode[], inPhase: ReadonlySet<LoweredNode>): boolean {
  const missing = new Set(sought);
  const seen = new Set<LoweredNode>();
  // Grows while it is walked: breadth first, because the readers are near.
  const queue = [node];
  for (const next of queue) {
    if (missing.size === 0) break;
    if (seen.has(next) || !inPhase.has(next)) continue;
    seen.add(next);
    missing.delete(next);
    queue.push(...producers(next));
  }
  return missing.size === 0;
}

/**
 * Could one of the readers end up in one node with `last`, in a kernel that does not read element by element?
 *
 * A fusion joins a product (or another operator with a kernel of its own) with the element-wise operators after it and
 * with the element-wise operators and movements before it; never two products. So from `last` upwards: element-wise readers
 * are harmless until the first other node, and from there any reader is a danger until the second product.
 */
function fusible(last: LoweredNode, readers: ReadonlySet<LoweredNode>, inPhase: ReadonlySet<LoweredNode>): boolean {
  const stack = [{ node: last, ordered: true, products: 0 }];
  const seen = new Map<LoweredNode, Set<string>>();
  while (stack.length > 0) {
    const { node, ordered, products } = stack.pop()!;
    const elementwise = ELEMENTWISE.has(node.opType);
    const state = {
      ordered: ordered && elementwise,
      products: products + (elementwise || MOVEMENT.has(node.opType) ? 0 : 1),
    };
    if (!inPhase.has(node) || state.products > 1) continue;
    if (readers.has(node) && !state.ordered) return true;
    const visits = seen.get(node) ?? new Set();
    const key = `${state.ordered} ${state.products}`;
    if (visits.has(key)) continue;
    seen.set(node, visits.add(key));
    for (const producer of producers(node)) stack.push({ node: producer, ...state });
  }
  return false;
}

function producers(node: LoweredNode): LoweredNode[] {
  return node.inputs.flatMap((input) => rootOf(input).node ?? []);
}
