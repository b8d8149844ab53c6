/** What of a graph several losses share, and what belongs to one of them: found from the graph, not declared. */
import { gradientStops } from '../ops/gradients/index.js';
import type { Operation, Tensor, Variable } from './tensor.js';
import { operationsBefore } from './traverse.js';

export interface Sharing {
  /** Indices of the losses whose gradient reaches the parameter, ascending; empty for one that no loss depends on. */
  lossesOf(parameter: Variable): readonly number[];
  /**
   * The shared representation: the last tensors that depend on a parameter and that ALL losses depend on. Every gradient
   * that reaches a parameter of all losses passes through them, so they cut the network into a trunk and its heads. Of a
   * network with one loss, the loss itself; empty where the losses have nothing in common.
   */
  readonly representation: readonly Tensor[];
  /**
   * The parameters of the last shared layer: of the last operation, in the order of computation, that uses a weight of two
   * or more dimensions which all losses depend on, and of what comes after it (its bias, a normalisation).
   */
  readonly lastLayer: readonly Variable[];
  /**
   * The outputs of the network: the first tensors after which no parameter enters any more, such as logits; where several are
   * only parts of one (two linear maps that are added) the whole.
   */
  readonly outputs: readonly Tensor[];
}

/**
 * @param losses that gradients are taken of.
 * @param parameters to which they are taken; others count as constants.
 */
export function findSharing(losses: readonly Tensor[], parameters: readonly Variable[]): Sharing {
  const operations = operationsBefore(losses).filter(({ kind }) => !gradientStops.has(kind));
  const learns = new Set<Tensor>(parameters);
  for (const { inputs, outputs } of operations) {
    if (inputs.some((input) => learns.has(input))) for (const output of outputs) learns.add(output);
  }
  const reach = lossesBehind(losses, operations, learns);
  const everywhere = (tensor: Tensor) => reach.get(tensor)?.size === losses.length;
  return {
    lossesOf: (parameter) => [...(reach.get(parameter) ?? [])].sort((a, b) => a - b),
    representation: lastOf(losses, operations, everywhere),
    lastLayer: lastLayer(operations, parameters.filter(everywhere)),
    outputs: networkOutputs(losses, operations, new Set(parameters), (tensor) => reach.has(tensor)),
  };
}

/** Of each tensor that learns: the losses that depend on it. */
function lossesBehind(
  losses: readonly Tensor[],
  operations: readonly Operation[],
  learns: ReadonlySet<Tensor>,
): ReadonlyMap<Tensor, ReadonlySet<number>> {
  const reach = new Map<Tensor, Set<number>>();
  const add = (tensor: Tensor, indices: Iterable<number>) => {
    if (!learns.has(tensor)) return;
    const sofar = reach.get(tensor) ?? new Set();
    for (const index of indices) sofar.add(index);
    reach.set(tensor, sofar);
  };
  for (const [i, loss] of losses.entries()) add(loss, [i]);
  for (const { inputs, outputs } of [...operations].reverse()) {
    for (const output of outputs) {
      const behind = reach.get(output);
      if (behind) for (const input of inputs) add(input, behind);
    }
  }
  return reach;
}

/** The tensors with the property that an operation uses for a result without it, or that are losses themselves. */
function lastOf(
  losses: readonly Tensor[],
  operations: readonly Operation[],
  has: (tensor: Tensor) => boolean,
): readonly Tensor[] {
  const last = new Set<Tensor>();
  for (const { inputs, outputs } of operations) {
    if (outputs.some(has)) continue;
    for (const input of inputs) if (has(input)) last.add(input);
  }
  for (const loss of losses) if (has(loss)) last.add(loss);
  return [...last];
}

function lastLayer(operations: readonly Operation[], shared: readonly Variable[]): readonly Variable[] {
  const isShared = new Set<Tensor>(shared);
  const isWeight = (tensor: Tensor) => isShared.has(tensor) && tensor.shape.length > 1;
  const last = operations.findLastIndex(({ inputs }) => inputs.some(isWeight));
  if (last < 0) return [];
  const used = new Set(operations.slice(last).flatMap(({ inputs }) => inputs));
  return shared.filter((parameter) => used.has(parameter));
}

function networkOutputs(
  losses: readonly Tensor[],
  operations: readonly Operation[],
  parameters: ReadonlySet<Tensor>,
  reaches: (tensor: Tensor) => boolean,
): readonly Tensor[] {
  /** Tensors after which a parameter still enters. */
  const early = new Set<Tensor>();
  for (const { inputs, outputs } of [...operations].reverse()) {
    if (!outputs.some(reaches)) continue;
    if (inputs.some((input) => parameters.has(input)) || outputs.some((output) => early.has(output))) {
      for (const input of inputs) early.add(input);
    }
  }
  const found = new Set<Tensor>();
  for (const { inputs, outputs } of operations) {
    const isFirst = inputs.some((input) => reaches(input) && early.has(input));
    if (isFirst) for (const output of outputs) if (reaches(output) && !early.has(output)) found.add(output);
  }
  for (const loss of losses) if (parameters.has(loss)) found.add(loss);
  joinParts(found, operations, reaches);
  return [...found];
}

/** Puts the result of an operation in the place of its arguments, where all are parts and nothing else uses them. */
function joinParts(parts: Set<Tensor>, operations: readonly Operation[], reaches: (tensor: Tensor) => boolean): void {
  const users = new Map<Tensor, number>();
  for (const { inputs } of operations)
    for (const input of new Set(inputs)) users.set(input, (users.get(input) ?? 0) + 1);
  for (const { inputs, outputs } of operations) {
    const learning = [...new Set(inputs.filter(reaches))];
    if (learning.length < 2 || !learning.every((input) => parts.has(input) && users.get(input) === 1)) continue;
    for (const input of learning) parts.delete(input);
    for (const output of outputs) if (reaches(output)) parts.add(output);
  }
}
