import { describe, expect, it } from 'vitest';
import { parseDataYaml } from './data-yaml.js';
import { parseYaml } from './yaml-subset.js';

const parse = (text: string) => Object.fromEntries(parseYaml(text, new Set(['names', 'train', 'nc'])));

describe('parseYaml', () => {
  it.each<[string, unknown]>([
    ['names: [a, b c, \'d, e\', "f\\u0021"]', ['a', 'b c', 'd, e', 'f!']],
    ['names: [a,\n  b, # and\n  c,\n]', ['a', 'b', 'c']],
    ['names:\n- a\n- b: c\n', ['a', 'b: c']],
    ['names:\n  - a # first\n\n  - "b # c"\n  -   d', ['a', 'b # c', 'd']],
    [
      "names:\n  0: a\n  1: 'it''s'\n  2: http://x",
      new Map([
        ['0', 'a'],
        ['1', "it's"],
        ['2', 'http://x'],
      ]),
    ],
    [
      'names: {0: a, 1: "b"}',
      new Map([
        ['0', 'a'],
        ['1', 'b'],
      ]),
    ],
    ['names:\n  [a, b]', ['a', 'b']],
    ["names: [don't, won't]", ["don't", "won't"]],
    ['names: []', []],
    ['names: plain text', 'plain text'],
    ['names:', ''],
    ['"names": [a]', ['a']],
    ['\ufeff---\r\n# c\r\nnames: [a]\r\n...\r\n%%%', ['a']],
  ])('%j', (text, expected) => {
    expect(parse(text.replace('\ufeff', '')).names).toEqual(expected);
  });

  it('skips what nobody asks for, whatever it is', () => {
    const text =
      'roboflow:\n  workspace: {a: [1, {b: *c}]}\n  tags: &x !!python/object:os.system\ndownload: |\n  import os\n  names: [x]\nnames: [a]\n';
    expect(parse(text)).toEqual({ names: ['a'] });
  });

  it.each([
    ['names: *alias', 'line 1: "*alias" is not supported here'],
    ['names:\n  - &a b', 'line 2: "&a b" is not supported'],
    ['names: !!python/object:os.system [ls]', 'line 1: "!!python/object:os.system [ls]" is not supported'],
    ['names: |\n  a', 'line 2: a text on several lines is not supported'],
    ['names: [a, [b]]', 'line 1: lists in lists are not supported'],
    ['names: [a', 'line 1: "[a" has no end'],
    ['names:\n  - a\n - b', 'line 3: expected "- item"'],
    ['names:\n  0: a\n  - b', 'line 3: expected "key: value", got "- b"'],
    ['names:\n  0: a\n  0: b', 'line 3: the key "0" is given twice'],
    ['names: [a]\nnames: [b]', 'line 2: the key "names" is given twice'],
    ['names: "a', 'line 1: "\\"a" is not a text in double quotes'],
    ['nonsense', 'line 1: expected "key: value", got "nonsense"'],
    ['  names: [a]', 'line 1: expected "key: value"'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe('parseDataYaml', () => {
  it('orders names by their numbers', () => {
    expect(parseDataYaml('data.yaml', 'names:\n  1: b\n  0: a\n').names).toEqual(['a', 'b']);
  });

  it.each([
    ['names:\n  0: a\n  2: b\n', '"names" must name classes 0 to 2, 1 is missing'],
    ['names:\n  x: a\n', '"names" must have class numbers as keys, got "x"'],
    ['names:\n  999999999: a\n', '"names" must have class numbers as keys, got "999999999"'],
    ['names: [a, a]', '"names" must name each class once, got "a" twice'],
    ['names: []', '"names" must name at least one class'],
    ['train: {a: b}', '"train" must be a path or a list of paths'],
    ['path: [a]', '"path" must be the path of a folder'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDataYaml('data.yaml', text)).toThrow(message);
  });
});
