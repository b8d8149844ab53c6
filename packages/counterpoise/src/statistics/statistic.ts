import { CounterpoiseError } from '../errors.js';
import { type Json, show } from '../json.js';

/** A running summary of the sizes (>= 0, finite) of one task, as pure functions over JSON. */
export interface Statistic<T extends Json> {
  /** Before the first record. */
  readonly empty: T;
  record(size: number, memory: T): T;
  /** The summary: >= 0, or `null` before the first record. */
  read(memory: T): number | null;
  /** Checks a parsed memory; `where` names it in the error. */
  restore(memory: unknown, where: string): T;
}

/** A finite number >= 0 from a parsed state, which is all that statistics are made of. */
export function restoreSize(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new CounterpoiseError('state', `${where} must be a finite number of at least 0, got ${show(value)}`);
  }
  return value;
}

/** An integer >= 0 from a parsed state. */
export function restoreCount(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new CounterpoiseError('state', `${where} must be an integer of at least 0, got ${show(value)}`);
  }
  return value as number;
}

/** A list of at most `limit` items from a parsed state. */
export function restoreList(value: unknown, where: string, limit: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > limit) {
    throw new CounterpoiseError('state', `${where} must be a list of at most ${limit} items, got ${show(value)}`);
  }
  return value;
}
