import type { Operation, Tensor } from './tensor.js';

/** Every operation that the given tensors depend on, each after the operations it needs. Iterative: graphs are deep. */
export function operationsBefore(targets: Iterable<Tensor>): Operation[] {
  const sorted: Operation[] = [];
  const entered = new Set<Operation>();
  const done = new Set<Operation>();
  const stack: Operation[] = [];
  for (const target of targets) {
    if (target.producer) stack.push(target.producer);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (done.has(top)) {
        stack.pop();
      } else if (entered.has(top)) {
        stack.pop();
        done.add(top);
        sorted.push(top);
      } else {
        entered.add(top);
        for (let i = top.inputs.length - 1; i >= 0; i--) {
          const producer = top.inputs[i]!.producer;
          if (producer && !entered.has(producer)) stack.push(producer);
        }
      }
    }
  }
  return sorted;
}
