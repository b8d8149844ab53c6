/**
 * JSON as Python's `json.dumps` writes it: with `NaN`, `Infinity` and `-Infinity` for numbers, which are no JSON but what a
 * training that diverges sends. Stricter than `JSON.parse` in one thing: a key given twice is an error, not a loss that vanishes.
 */

/** Objects are maps: they keep the order in which keys like "10" and "2" are written, and have no prototype. */
export type Parsed = null | boolean | number | string | readonly Parsed[] | ReadonlyMap<string, Parsed>;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN/y;
const WORD = /true|false|null/y;

/** A line of measurements has 3 levels; the limit keeps the recursion off the end of the stack. */
const DEPTH = 16;

/** @throws SyntaxError that names the column, from 1. */
export function parseJson(text: string): Parsed {
  let at = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const skip = (character: string): boolean => {
    match(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const wrong = (expected: string): SyntaxError => {
    const got = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : 'the end of the line';
    return new SyntaxError(`not JSON at column ${at + 1}: expected ${expected}, got ${got}`);
  };
  const string = (): string | undefined => {
    if (text[at] !== '"') return undefined;
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    let found: string;
    try {
      found = JSON.parse(text.slice(at, end + 1));
    } catch {
      throw wrong('a string with valid escapes, no control characters, and an end');
    }
    at = end + 1;
    return found;
  };
  const list = (depth: number): Parsed[] => {
    const items: Parsed[] = [];
    if (skip(']')) return items;
    do items.push(value(depth));
    while (skip(','));
    if (!skip(']')) throw wrong('"," or "]"');
    return items;
  };
  const object = (depth: number): Map<string, Parsed> => {
    const entries = new Map<string, Parsed>();
    if (skip('}')) return entries;
    do {
      match(SPACE);
      const key = string();
      if (key === undefined) throw wrong('a key in double quotes');
      if (entries.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key)} is given twice`);
      if (!skip(':')) throw wrong('":"');
      entries.set(key, value(depth));
    } while (skip(','));
    if (!skip('}')) throw wrong('"," or "}"');
    return entries;
  };
  const value = (depth: number): Parsed => {
    if (depth > DEPTH) throw wrong(`at most ${DEPTH} levels`);
    if (skip('{')) return object(depth + 1);
    if (skip('[')) return list(depth + 1);
    const number = match(NUMBER);
    if (number !== undefined) return Number(number);
    const word = match(WORD);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const found = string();
    if (found === undefined) throw wrong('a value');
    return found;
  };

  const parsed = value(1);
  match(SPACE);
  if (at < text.length) throw wrong('the end of the line');
  return parsed;
}
