/** Reading members and numbers of documents that somebody else wrote. */

/** An own member of an object: names like `__proto__` and `constructor` find nothing that is not in the document. */
export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** A finite decimal number, or undefined; stricter than Number(), which takes "", "0x10" and "Infinity". */
export function parseNumber(value: unknown): number | undefined {
  // Written so that no digit can belong to two parts: a megabyte of them must not take minutes to refuse.
  if (typeof value !== 'string' || !/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** At most 60 characters of it as JSON: a message is one line, whatever a file holds. */
export function show(value: unknown): string {
  const text = jsonOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // A hundred thousand lists in each other: JSON.parse has no limit, JSON.stringify has that of the stack.
    return 'a value nested too deeply';
  }
}

/** The first three, and how many there are besides. */
export function some(values: readonly unknown[]): string {
  const shown = values.slice(0, 3).map(show);
  return `${shown.join(', ')}${values.length > 3 ? ` and ${values.length - 3} more` : ''}`;
}
