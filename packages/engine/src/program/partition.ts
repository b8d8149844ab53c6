/**
 * Cuts one lowered graph into models that run one after the other. What an earlier model computed and a later one needs is
 * an output of the first and an input of the second, in memory that both are bound to: nothing is copied.
 */

import type { LoweredNode, Value } from '../lowering/builder.js';
import { rootOf } from '../lowering/builder.js';
import type { OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from '../onnx/model.js';

/** A model's input or output: which value (always a root) lies there, and under which shape it is declared. */
export interface Port {
  readonly name: string;
  readonly root: Value;
  readonly shape: readonly number[];
}

export interface PhaseModel {
  readonly model: OnnxModel;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Nodes of the model, in order. */
  readonly nodes: readonly LoweredNode[];
  /** Those outputs that a later phase needs. */
  readonly handedOver: ReadonlySet<Value>;
}

/**
 * One model per phase: the nodes that its targets need and that none of its predecessors (by place; default: all earlier
 * phases) has computed. Phases that are no
 * predecessors of each other may both compute a node.
 */
export function partition(
  phases: readonly { name: string; targets: readonly Value[]; predecessors?: readonly number[] }[],
): PhaseModel[] {
  const before = phases.map(({ predecessors }, at) => predecessors ?? [...Array(at).keys()]);
  const computed: Set<LoweredNode>[] = [];
  for (const [phase, { targets }] of phases.entries()) {
    const known = before[phase]!.map((earlier) => computed[earlier]!);
    const nodes = new Set<LoweredNode>();
    for (const target of targets) collect(rootOf(target), (node) => known.some((of) => of.has(node)), nodes);
    computed.push(nodes);
  }
  const neededLater = phases.map(() => new Set<Value>());
  for (const [phase, { targets }] of phases.entries()) {
    const own = computed[phase]!;
    const needed = [...[...own].flatMap((node) => node.inputs), ...targets].map(rootOf);
    for (const root of needed) {
      if (!root.node || own.has(root.node)) continue;
      const from = before[phase]!.find((earlier) => computed[earlier]!.has(root.node!));
      if (from !== undefined) neededLater[from]!.add(root);
    }
  }
  return phases.map(({ name, targets }, phase) => {
    const nodes = [...computed[phase]!];
    const handedOver = neededLater[phase]!;
    const outputs = new Set(nodes.flatMap((node) => node.outputs).filter((value) => handedOver.has(value)));
    for (const target of targets) {
      const root = rootOf(target);
      if (root.node && computed[phase]!.has(root.node)) outputs.add(root);
    }
    return { ...toModel(name, nodes, outputs), handedOver };
  });
}

/** Depth first, without recursion: a residual net is hundreds of nodes deep. */
function collect(target: Value, isKnown: (node: LoweredNode) => boolean, nodes: Set<LoweredNode>): void {
  const entered = new Set<LoweredNode>();
  const stack: { node: LoweredNode; next: number }[] = [];
  const enter = (value: Value) => {
    const { node } = rootOf(value);
    if (node && !entered.has(node) && !nodes.has(node) && !isKnown(node)) {
      entered.add(node);
      stack.push({ node, next: 0 });
    }
  };
  enter(target);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const input = top.node.inputs[top.next++];
    if (input) {
      enter(input);
    } else {
      stack.pop();
      nodes.add(top.node);
    }
  }
}

function toModel(
  name: string,
  nodes: readonly LoweredNode[],
  outputRoots: ReadonlySet<Value>,
): Omit<PhaseModel, 'handedOver'> {
  const computed = new Set<Value>(nodes.flatMap((node) => node.outputs));
  const inputs = new Map<string, Port>();
  const initializers = new Map<string, OnnxInitializer>();
  const onnxNodes: OnnxNode[] = [];
  const viewed = new Set<string>();

  const nameOf = (value: Value): string => {
    const root = rootOf(value);
    if (computed.has(root)) {
      if (root === value) return `v${value.id}`;
      const name = `v${root.id}_${value.shape.join('x')}`;
      if (!viewed.has(name)) {
        viewed.add(name);
        const shape = `shape_${value.shape.join('x')}`;
        const data = BigInt64Array.from(value.shape, BigInt);
        initializers.set(shape, { name: shape, shape: [data.length], data });
        onnxNodes.push({ opType: 'Reshape', inputs: [`v${root.id}`, shape], outputs: [name], attributes: {} });
      }
      return name;
    }
    const name = `v${root.id}_${value.shape.join('x') || 'scalar'}`;
    if (root.constant) initializers.set(name, { name, shape: value.shape, data: root.constant });
    else inputs.set(name, { name, root, shape: value.shape });
    return name;
  };
  for (const node of nodes) {
    const names = node.inputs.map(nameOf);
    const used = node.outputs.map((value) => `v${value.id}`);
    onnxNodes.push({ opType: node.opType, inputs: names, outputs: used, attributes: node.attributes });
  }

  const outputs = [...outputRoots].map((root): Port => ({ name: `v${root.id}`, root, shape: root.shape }));
  const declare = ({ name, root, shape }: Port): OnnxValue => ({ name, shape, dtype: root.dtype });
  const model = {
    name,
    inputs: [...inputs.values()].map(declare),
    outputs: outputs.map(declare),
    nodes: onnxNodes,
    initializers: [...initializers.values()],
  };
  return { model, inputs: [...inputs.values()], outputs, nodes };
}
