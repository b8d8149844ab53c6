import { formatShape } from '../graph/tensor.js';
import type { FedInput } from './memory.js';

/** Values for inputs by name, row-major: float32 or int32 as the input is; a number where it has one element. */
export type Feeds = Readonly<Record<string, number | Float32Array | Int32Array>>;

/** Checks all feeds before it writes any. */
export function feed(inputs: ReadonlyMap<string, FedInput>, feeds: Feeds): void {
  const checked = Object.entries(feeds).map(([name, value]) => {
    const input = inputs.get(name);
    if (!input) {
      const known = [...inputs.keys()].join(', ') || 'none';
      throw new RangeError(`unknown input "${name}"; the inputs are ${known}`);
    }
    check(name, input, value);
    return [input, value] as const;
  });
  for (const [{ data }, value] of checked) {
    if (typeof value === 'number') data[0] = value;
    else data.set(value);
  }
}

function check(name: string, { leaf, data }: FedInput, value: Feeds[string]): void {
  // Made only where it is needed: this is run for every input of every step.
  const takes = () => `input "${name}" takes ${leaf.dtype} ${formatShape(leaf.shape)}`;
  if (typeof value === 'number') {
    if (leaf.size !== 1) throw new RangeError(`${takes()}, got a number`);
    if (leaf.dtype === 'int32' && !Number.isInteger(value)) throw new RangeError(`${takes()}, got ${value}`);
    return;
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind !== data.constructor.name || value.length !== data.length) {
    throw new RangeError(`${takes()}, got ${ArrayBuffer.isView(value) ? `a ${kind} of ${value.length}` : kind}`);
  }
}
