/** Values that survive JSON.stringify and JSON.parse unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON text that reads back as the same value, keys sorted if asked for. JSON.stringify alone turns NaN into null and
 * drops functions and undefined without a word; a run that resumes from such a state silently takes another course.
 *
 * @throws TypeError that names the first place that is not plain JSON.
 */
export function stringifyExactly(name: string, value: unknown, options: { sortKeys?: boolean } = {}): string {
  return JSON.stringify(plain(name, value, options.sortKeys ?? false));
}

function plain(name: string, value: unknown, sortKeys: boolean): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => plain(`${name}[${index}]`, item, sortKeys));
  if (isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    // fromEntries, not assignment: it makes "__proto__" an ordinary key.
    return Object.fromEntries(entries.map(([key, item]) => [key, plain(`${name}.${key}`, item, sortKeys)]));
  }
  throw new TypeError(`"${name}" must be plain JSON, got ${describe(value)}`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === 'object') return `a ${value?.constructor?.name}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
