import type { Operation } from '../../graph/tensor.js';
import type { Values } from '../array.js';

/** Computes the results of one operation, straight from its definition. Shapes of the results come from `op`. */
export type Kernel = (inputs: readonly Values[], op: Operation) => readonly Values[];
export type Kernels = Readonly<Record<string, Kernel>>;

export function listAttribute(op: Operation, name: string): readonly number[] {
  const value = op.attributes[name];
  if (!Array.isArray(value)) throw new Error(`internal: ${op.kind} has no list "${name}"`);
  return value as readonly number[];
}

export function numberAttribute(op: Operation, name: string): number {
  const value = op.attributes[name];
  if (typeof value !== 'number') throw new Error(`internal: ${op.kind} has no number "${name}"`);
  return value;
}
