import type { Json } from '../json.js';
import type { Shape } from '../shapes.js';

/** A running summary of the sizes (finite, >= 0 unless the method takes signed losses) of one task, as pure functions over JSON. */
export interface Statistic<T extends Json> {
  /** Before the first record. */
  readonly empty: T;
  record(size: number, memory: T): T;
  /** The summary: >= 0, or `null` before the first record. */
  read(memory: T): number | null;
  readonly restore: Shape<T>;
}
