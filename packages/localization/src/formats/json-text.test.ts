import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonText } from './json-text.js';

describe('parseJsonText', () => {
  it.each([
    ['[1, NaN]', 1, 5],
    ['{"a": 1,\n "b": Infinity}', 2, 7],
    ['{"a": 1,}', 1, 9],
    ['{a: 1}', 1, 2],
    ['{"a" 1}', 1, 6],
    ['[1 2]', 1, 4],
    ['[1]]', 1, 4],
    ['["a\nb"]', 1, 4],
    ['["\\x"]', 1, 3],
    ['[01]', 1, 2],
    ['"never closed', 1, 14],
    ['', 1, 1],
    ['[truer]', 1, 2],
  ])('%j: line %i, column %i', (text, line, column) => {
    expect(() => parseJsonText(text)).toThrow(`not JSON at line ${line}, column ${column}: unexpected`);
  });

  it('reads whatever is JSON, and finds a mistake in whatever is not', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '}', ']', ',', '"', 'x', '\\', '1'),
        (json, place, insert) => {
          const at = place % (json.length + 1);
          const text = json.slice(0, at) + insert + json.slice(insert === '' ? at + 1 : at);
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            expect(() => parseJsonText(text)).toThrow(/^not JSON at line \d+, column \d+: unexpected /);
            return;
          }
          expect(parseJsonText(text)).toEqual(expected);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});
