/** JSON from strangers, with the place of what is wrong. */

// What can stand in JSON besides strings (RFC 8259).
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;

/** @throws Error with line and column of the first character that is not JSON. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 gives the offset for some mistakes and not for others, NaN among them.
    const at = firstMistake(text);
    const before = text.slice(0, at).split('\n');
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : 'the end of the file';
    throw new Error(`not JSON at line ${before.length}, column ${before.at(-1)!.length + 1}: unexpected ${found}`, {
      cause: error,
    });
  }
}

/** Offset of the first character that cannot stand where it does. Without recursion: nesting may be as deep as the file is long. */
function firstMistake(text: string): number {
  const open: ('[' | '{')[] = [];
  let at = 0;
  let expected: 'value' | 'value or ]' | 'key' | 'key or }' | 'more' = 'value';
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const skipString = (): boolean => {
    if (text[at] !== '"') return false;
    let end = at + 1;
    for (; end < text.length && text[end] !== '"'; end++) {
      ESCAPE.lastIndex = end;
      if (text[end] === '\\' && ESCAPE.test(text)) end = ESCAPE.lastIndex - 1;
      else if (text[end] === '\\' || text[end]! < ' ') break;
    }
    const isClosed = text[end] === '"';
    at = isClosed ? end + 1 : end;
    return isClosed;
  };
  for (;;) {
    skip(SPACE);
    const character = text[at];
    const inside = open.at(-1);
    if (expected === 'more') {
      if (inside === undefined) return at;
      if (character === (inside === '[' ? ']' : '}')) open.pop();
      else if (character === ',') expected = inside === '[' ? 'value' : 'key';
      else return at;
      at++;
    } else if (expected === 'key' || expected === 'key or }') {
      if (character === '}' && expected === 'key or }') {
        open.pop();
        expected = 'more';
        at++;
      } else {
        if (!skipString()) return at;
        skip(SPACE);
        if (text[at] !== ':') return at;
        at++;
        expected = 'value';
      }
    } else if (character === ']' && expected === 'value or ]') {
      open.pop();
      expected = 'more';
      at++;
    } else if (character === '[' || character === '{') {
      open.push(character);
      expected = character === '[' ? 'value or ]' : 'key or }';
      at++;
    } else {
      if (!skipString() && !skip(SCALAR)) return at;
      expected = 'more';
    }
  }
}
