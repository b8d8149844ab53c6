import { expect, test } from 'vitest';
import { nameOf, plain } from './contenders.js';
import { parseMethod, parseMethodList } from './method-list.js';

test('names, options, wrappers, and values per loss with commas in them', () => {
  expect(
    parseMethodList(
      ' ema beta=0.9 ,grad-norm  alpha=0.12,static weights=class:1,box:2e-3,upgrad normalize=ema clamp=10',
    ),
  ).toEqual([
    { method: 'ema', options: ['beta=0.9'], wraps: [] },
    { method: 'grad-norm', options: ['alpha=0.12'], wraps: [] },
    { method: 'static', options: ['weights=class:1,box:2e-3'], wraps: [] },
    { method: 'upgrad', options: [], wraps: ['normalize=ema', 'clamp=10'] },
  ]);
  expect(parseMethodList('static')).toEqual([plain('static')]);
});

test('all stands for every method, and may stand beside others', () => {
  const names = parseMethodList('all,ema beta=0.9').map(nameOf);
  expect(names).toEqual(expect.arrayContaining(['sum', 'ema', 'ema beta=0.9', 'modo', 'm-config']));
  expect(names).not.toContain('static');
});

test('a method is read back from its name in tables', () => {
  for (const name of ['ema beta=0.9 smooth=0.5', 'static weights=a:1,b:2', 'sum']) {
    expect(nameOf(parseMethod(name))).toBe(name);
  }
});

test.each([
  ['best', 'there is no method "best"'],
  ['', 'there is no method ""'],
  ['ema,,sum', 'there is no method ""'],
  ['box:2', 'there is no method "box:2"'],
  ['ema beta', 'an option must look like name=value, got "beta"'],
  ['ema beta=2', '"beta" must be'],
  ['ema gamma=2', 'gamma'],
  ['ema smooth=1', '"smooth" must be'],
  ['m-config normalize=ema', '"normalize" does not go with m-config'],
])('"%s" is refused in one line', (text, message) => {
  expect(() => parseMethodList(text)).toThrow(message);
});
