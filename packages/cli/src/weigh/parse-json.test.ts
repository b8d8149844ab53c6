import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Parsed, parseJson } from './parse-json.js';

/** As `JSON.parse` gives it. */
function plain(value: Parsed): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test('reads what JSON.stringify writes, with and without spaces', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(plain(parseJson(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('refuses what JSON.parse refuses: a text with one character changed', () => {
  const text = '{"a": [1, -2.5e3, true, null], "b\\n": {"c": "d"}}';
  const accepts = (parse: (text: string) => unknown, changed: string) => {
    try {
      parse(changed);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
      return false;
    }
  };
  let refused = 0;
  for (let at = 0; at < text.length; at++) {
    for (const character of ['', ',', '"', '}', ']', '0', '.', 'e', '-', '\\', ' ', '\u0001']) {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      expect([changed, accepts(parseJson, changed)]).toEqual([changed, accepts(JSON.parse, changed)]);
      if (!accepts(parseJson, changed)) refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test('NaN and the infinities are numbers, but not inside strings', () => {
  const parsed = plain(parseJson('{"a": NaN, "NaN": [Infinity, -Infinity, 1e999], "b": "NaN, \\"Infinity\\""}'));
  expect(parsed).toEqual({ a: Number.NaN, NaN: [1 / 0, -1 / 0, 1 / 0], b: 'NaN, "Infinity"' });
  expect(() => parseJson('-NaN')).toThrow('column 1');
  expect(() => parseJson('[NaNa]')).toThrow('column 5: expected "," or "]", got "a]"');
});

test('keeps the order of keys like numbers, and "__proto__" is a key', () => {
  expect([...(parseJson('{"10": 1, "2": 2}') as ReadonlyMap<string, Parsed>).keys()]).toEqual(['10', '2']);
  expect(Object.keys(plain(parseJson('{"__proto__": 1}')) as object)).toEqual(['__proto__']);
});

test.each([
  ['{"a": 1, "a": 2}', 'the key "a" is given twice'],
  ['{"a": 1', 'column 8: expected "," or "}", got the end of the line'],
  ['{a: 1}', 'column 2: expected a key in double quotes, got "a: 1}"'],
  ["{'a': 1}", 'column 2: expected a key in double quotes'],
  ['{"a" 1}', 'column 6: expected ":", got "1}"'],
  ['{"a": 1} {}', 'column 10: expected the end of the line, got "{}"'],
  ['[1, 2,]', 'column 7: expected a value, got "]"'],
  ['{"a": nan}', 'column 7: expected a value, got "nan}"'],
  ['"open', 'column 1: expected a string with valid escapes, no control characters, and an end'],
  ['', 'column 1: expected a value, got the end of the line'],
  ['['.repeat(1e6), 'at most 16 levels'],
])('%.20s', (text, message) => {
  expect(() => parseJson(text)).toThrow(message);
});

test('a text of many megabytes does not end the stack', () => {
  expect(parseJson(`"${'\\n'.repeat(8e6)}"`)).toHaveLength(8e6);
  expect(() => parseJson(`"${'a'.repeat(16e6)}`)).toThrow('column 1');
});
