import type { Need } from './evidence.js';
import type { Json } from './json.js';
import type { Method } from './method.js';
import type { SpecsOf } from './options.js';

/** What holds for a method whatever its options; the conformance suite tests each entry both ways. */
export interface Properties {
  /** With default options, the terms do not change when a loss is given in another unit (L -> c L for the whole run). */
  readonly scaleFree: boolean;
  /** The weights depend on the current step alone. */
  readonly stateless: boolean;
  /** Takes negative losses without an option. */
  readonly signed: boolean;
}

/** One method as data: enough to print, to validate its options, and to build it. */
export interface MethodRow<O extends object, N extends Need = never> {
  readonly name: string;
  readonly summary: string;
  readonly citation: string;
  /** w_k before renormalisation; gamma_k is the priority, K the number of tasks present. */
  readonly formula: string;
  readonly needs: readonly Need[];
  readonly options: SpecsOf<O>;
  readonly properties: Properties;
  create(options: O): Method<Json, N>;
}
