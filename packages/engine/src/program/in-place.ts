import type { Variable } from '../graph/tensor.js';
import type { LoweredNode, Value } from '../lowering/builder.js';
import { rootOf } from '../lowering/builder.js';

/** Operators that read each element of a same-shaped input no later than they write that element of the output. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Sqrt', 'Neg', 'Exp', 'Log', 'Abs']);

/**
 * Which variables may be overwritten while their phase still runs.
 *
 * The new value may lie over the old one if the last node works element by element and every other node that reads the old
 * value comes before it in every order, i.e. is one of its ancestors. Otherwise some node could see the new value too soon,
 * silently: then the new value gets memory of its own and is copied after the run.
 */
export function inPlaceTargets(
  nodes: readonly LoweredNode[],
  updates: readonly { variable: Variable; root: Value }[],
): Set<Variable> {
  const readers = new Map<Variable, LoweredNode[]>();
  for (const node of nodes) {
    for (const { leaf } of new Set(node.inputs.map(rootOf))) {
      if (leaf && 'data' in leaf) readers.set(leaf, [...(readers.get(leaf) ?? []), node]);
    }
  }
  const inPhase = new Set(nodes);
  const safe = new Set<Variable>();
  const taken = new Set<Value>();
  for (const { variable, root } of updates) {
    const last = root.node;
    if (!last || !inPhase.has(last) || !ELEMENTWISE.has(last.opType) || taken.has(root)) continue;
    taken.add(root);
    const before = ancestors(last, new Set(readers.get(variable) ?? []), inPhase);
    const aligned = last.inputs.every(
      (input) => rootOf(input).leaf !== variable || input.shape.join() === root.shape.join(),
    );
    if (before && aligned) safe.add(variable);
  }
  return safe;
}

/** Are all of `sought` among the node and its ancestors? Looks no further than it must. */
function ancestors(node: LoweredNode, sought: Set<LoweredNode>, inPhase: ReadonlySet<LoweredNode>): boolean {
  const seen = new Set<LoweredNode>();
  const queue = [node];
  while (queue.length > 0 && sought.size > 0) {
    const next = queue.shift()!;
    if (seen.has(next) || !inPhase.has(next)) continue;
    seen.add(next);
    sought.delete(next);
    for (const input of next.inputs) {
      const { node: source } = rootOf(input);
      if (source) queue.push(source);
    }
  }
  return sought.size === 0;
}
