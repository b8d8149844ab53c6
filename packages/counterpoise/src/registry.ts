import { CounterpoiseError } from './errors.js';
import type { Need } from './evidence.js';
import type { Json } from './json.js';
import type { Method } from './method.js';
import type { MethodRow } from './method-row.js';
import { meanRow } from './methods/fixed/mean.js';
import { staticRow } from './methods/fixed/static.js';
import { sumRow } from './methods/fixed/sum.js';
import { logSumRow } from './methods/losses/log-sum.js';
import { emaRow } from './methods/statistics/ema.js';
import { runningMaxRow } from './methods/statistics/running-max.js';

/** Every method by name, baselines first. */
export const methods = {
  sum: sumRow,
  mean: meanRow,
  static: staticRow,
  'running-max': runningMaxRow,
  ema: emaRow,
  'log-sum': logSumRow,
} as const;

export type MethodName = keyof typeof methods;

/** The options of a method by its name; of a name known only at run time, any record. */
export type OptionsOf<K extends string> = K extends MethodName
  ? (typeof methods)[K] extends MethodRow<infer O, Need>
    ? O
    : never
  : Readonly<Record<string, unknown>>;

/** What a method by its name needs besides the losses; for a name known only at run time, `update` alone checks it. */
export type NeedsOf<K extends string> = K extends MethodName
  ? (typeof methods)[K] extends MethodRow<infer _O, infer N>
    ? N
    : never
  : 'losses';

/** A row without its option types, as a name known only at run time gives it; `create` checks the options against the table. */
export type AnyMethodRow = MethodRow<Readonly<Record<string, unknown>>>;

/** The row of a method; throws an error that lists all methods. */
export function methodRow(name: string): AnyMethodRow {
  if (!Object.hasOwn(methods, name)) {
    throw new CounterpoiseError(
      'option',
      `there is no method "${name}"; the methods are ${Object.keys(methods).join(', ')}`,
    );
  }
  return methods[name as MethodName] as AnyMethodRow;
}

/**
 * A method by its name. For a name known at compile time the options are typed; for any other string they are checked
 * at run time alone, against the same table. Throws a `CounterpoiseError` with code `option`.
 */
export function createMethod<K extends string>(name: K, options?: OptionsOf<K>): Method<Json, NeedsOf<K>> {
  return methodRow(name).create((options ?? {}) as Readonly<Record<string, unknown>>);
}
