import { CounterpoiseError } from './errors.js';
import { isRecord, show } from './json.js';

/** Checks one value of a parsed state and returns it; `where` names it in the error. */
export type Shape<T> = (value: unknown, where: string) => T;

function must(where: string, right: string, value: unknown): CounterpoiseError {
  return new CounterpoiseError('state', `${where} must be ${right}, got ${show(value)}`);
}

/** A finite number of any sign. */
export const aNumber: Shape<number> = (value, where) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw must(where, 'a finite number', value);
  return value;
};

/** A finite number >= 0. */
export const aSize: Shape<number> = (value, where) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw must(where, 'a finite number of at least 0', value);
  }
  return value;
};

/** A finite number > 0. */
export const aPositive: Shape<number> = (value, where) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw must(where, 'a finite number above 0', value);
  }
  return value;
};

/** A number in [-1, 1]. */
export const aCosine: Shape<number> = (value, where) => {
  if (typeof value !== 'number' || !(Math.abs(value) <= 1)) throw must(where, 'a number in [-1, 1]', value);
  return value;
};

/** An integer >= 0. */
export const aCount: Shape<number> = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw must(where, 'an integer of at least 0', value);
  return value as number;
};

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, where) => (value === null ? null : shape(value, where));
}

/** A list of exactly `length` items. */
export function listOf<T>(length: number, shape: Shape<T>): Shape<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== length) throw must(where, `a list of ${length}`, value);
    return value.map((item, i) => shape(item, `${where}[${i}]`));
  };
}

/** A list of at most `limit` items. */
export function listUpTo<T>(limit: number, shape: Shape<T>): Shape<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > limit) throw must(where, `a list of at most ${limit} items`, value);
    return value.map((item, i) => shape(item, `${where}[${i}]`));
  };
}

export function recordOf<T extends object>(shapes: { readonly [P in keyof T]: Shape<T[P]> }): Shape<T> {
  return (value, where) => {
    const fields = Object.keys(shapes) as (keyof T & string)[];
    if (!isRecord(value)) throw must(where, `{${fields.join(', ')}}`, value);
    return Object.fromEntries(fields.map((field) => [field, shapes[field](value[field], `${where}.${field}`)])) as T;
  };
}

/** One item per loss, in the order of the tasks: the memory of most methods. */
export function perTask<T>(tasks: readonly string[], value: unknown, shape: Shape<T>): readonly T[] {
  if (!Array.isArray(value) || value.length !== tasks.length) {
    throw must('"state"', `a list with one entry per loss (${tasks.length})`, value);
  }
  return value.map((item, i) => shape(item, `"state" of loss "${tasks[i]}"`));
}
