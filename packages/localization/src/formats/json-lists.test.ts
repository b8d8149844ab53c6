import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonListReader, type WantedLists } from './json-lists.js';

/** Reads a text in pieces of that many bytes; default: at once. */
function read(text: string, wanted: WantedLists, pieceBytes = Number.POSITIVE_INFINITY) {
  const bytes = Buffer.from(text);
  const reader = new JsonListReader(wanted);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  return reader.end();
}

const PIECES = [1, 2, 3, 7, Number.POSITIVE_INFINITY];

describe('what is no JSON', () => {
  it.each([
    ['[1, NaN]', 1, 5, '"NaN]"'],
    ['{"a": 1,\n "b": Infinity}', 2, 7, '"Infinity}"'],
    ['{"a": 1,}', 1, 9, '"}"'],
    ['{a: 1}', 1, 2, '"a: 1}"'],
    ['{"a" 1}', 1, 6, '"1}"'],
    ['[1 2]', 1, 4, '"2]"'],
    ['[1]]', 1, 4, '"]"'],
    ['["a\nb"]', 1, 4, '"\\nb\\"]"'],
    ['["\\x"]', 1, 3, '"\\\\x\\"]"'],
    ['["\\u12g4"]', 1, 3, '"\\\\u12g4\\"]"'],
    ['[01]', 1, 2, '"01]"'],
    ['[-]', 1, 2, '"-]"'],
    ['[1.5.2]', 1, 2, '"1.5.2]"'],
    ['[12e]', 1, 2, '"12e]"'],
    ['"never closed', 1, 14, 'the end of the file'],
    ['"\\u00', 1, 2, '"\\\\u00"'],
    ['', 1, 1, 'the end of the file'],
    ['[truer]', 1, 2, '"truer]"'],
    ['[tru', 1, 2, '"tru"'],
    ['1.', 1, 1, '"1."'],
    ['{"a":\r\n[\n  {"b": "é💥", c}]}', 3, 16, '"c}]}"'],
  ])('%j: line %i, column %i', (text, line, column, found) => {
    for (const piece of PIECES) {
      const message = `not JSON at line ${line}, column ${column}: unexpected ${found}`;
      // What is unexpected may be shown as far as its piece goes.
      const shown = piece < 12 ? message.slice(0, message.indexOf('unexpected')) : message;
      expect(() => read(text, {}, piece)).toThrow(shown);
    }
  });
});

/** The same by JSON.parse: what the reader has to find. */
function expected(text: string, wanted: WantedLists): Record<string, unknown> {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return {};
  const has = Object.entries(document).filter(([name]) => Object.hasOwn(wanted, name));
  return Object.fromEntries(
    has.map(([name, value]) => {
      if (!Array.isArray(value)) return [name, value];
      const elements = value.map((element) => {
        if (typeof element !== 'object' || element === null || Array.isArray(element)) return null;
        return Object.fromEntries(Object.entries(element).filter(([member]) => wanted[name]!.includes(member)));
      });
      return [name, elements];
    }),
  );
}

const WANTED: WantedLists = { a: ['x', 'é"'], '\u0000b': ['x'], c: [] };

/** Documents in which wanted and other names meet all kinds of values; printed in different ways. */
const names = fc.constantFrom('a', '\u0000b', 'c', 'x', 'é"', 'other', '', '__proto__');
const members = (value: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(names, value), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const element = fc.oneof({ weight: 3, arbitrary: members(value) }, { weight: 1, arbitrary: value });
const document = fc.oneof(
  { weight: 5, arbitrary: members(fc.oneof(fc.array(element, { maxLength: 4 }), value)) },
  { weight: 1, arbitrary: value },
);
const text = fc.tuple(document, fc.constantFrom(undefined, 1, '\t'), fc.boolean()).map(([found, indent, escaped]) => {
  const json = JSON.stringify(found, null, indent);
  // Names and texts letter by letter as escapes.
  const asEscape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const inEscapes = (string: string) => (string.includes('\\') ? string : string.replace(/[aéx]/g, asEscape));
  return escaped ? json.replace(/"(?:[^"\\]|\\.)*"/g, inEscapes) : json;
});

describe('JsonListReader', () => {
  it('keeps what is wanted, whatever the pieces', () => {
    let kept = 0;
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (json, pieceBytes) => {
        const found = read(json, WANTED, pieceBytes);
        expect(found).toEqual(expected(json, WANTED));
        kept += Object.keys(found).length;
      }),
      { seed: 1, numRuns: 3000 },
    );
    expect(kept).toBeGreaterThan(1000);
  });

  it('finds a mistake where JSON.parse finds one, and only there', () => {
    let mistakes = 0;
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.constantFrom('', '}', ']', ',', '"', 'x', '\\', '1', '.', '-', 'e', '\n', '\u2028'),
        fc.integer({ min: 1, max: 40 }),
        (json, place, insert, pieceBytes) => {
          const at = place % (json.length + 1);
          const damaged = json.slice(0, at) + insert + json.slice(insert === '' ? at + 1 : at);
          let right: Record<string, unknown>;
          try {
            right = expected(damaged, WANTED);
          } catch {
            mistakes++;
            expect(() => read(damaged, WANTED, pieceBytes)).toThrow(/^not JSON at line \d+, column \d+: unexpected /);
            return;
          }
          // Half of a surrogate pair has no bytes of its own.
          if (!/\p{Surrogate}/u.test(damaged)) expect(read(damaged, WANTED, pieceBytes)).toEqual(right);
        },
      ),
      { seed: 1, numRuns: 3000 },
    );
    expect(mistakes).toBeGreaterThan(1000);
  });

  it.each([
    ['{"a": [{"x": 1, "x": 2}, {"\\u0078": 3}]}', [{ x: 2 }, { x: 3 }]],
    ['{"a": [{"x": 1}], "a": [{"y": 2}]}', [{}]],
    ['{"a": [[{"x": 1}], "x", {"y": {"x": 1}}]}', [null, null, {}]],
    ['[{"a": [{"x": 1}]}]', undefined],
    ['{"b": {"a": [{"x": 1}]}}', undefined],
    [`{"${'\\u0061'.repeat(20)}": [1]}`, undefined],
  ])('%s', (json, list) => {
    expect(read(json, { a: ['x'] })).toEqual(list === undefined ? {} : { a: list });
  });

  it('refuses what would take too much memory', () => {
    const wanted = { a: ['x'] };
    expect(() => read(`{"a": [{"x": "${'y'.repeat(70_000)}"}]}`, wanted)).toThrow('a[0]: more than 65536 bytes');
    expect(() => read(`{"a": ${JSON.stringify('y'.repeat(70_000))}}`, wanted)).toThrow('"a": more than 65536 bytes');
    expect(read(`{"a": [{"y": "${'y'.repeat(70_000)}", "x": 1}]}`, wanted)).toEqual({ a: [{ x: 1 }] });
    expect(() => read('['.repeat(2 ** 20 + 1), wanted)).toThrow('more than 1048576 lists and objects in each other');

    const reader = new JsonListReader(wanted);
    reader.write(Buffer.from('{"a": [{}'));
    const more = Buffer.from(',{}'.repeat(100_000));
    expect(() => {
      for (let piece = 0; piece < 100; piece++) reader.write(more);
    }).toThrow(/^a\[\d{7}\]: what is read of the file takes more than 512 MiB of memory$/);
  });
});
