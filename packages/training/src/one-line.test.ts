import { expect, it } from 'vitest';
import { oneLine } from './one-line.js';

it.each([
  ['a\nb\u001b[2J', 'a\\u000ab\\u001b[2J'],
  ['a\u{E0067}b', 'a\\u{e0067}b'],
  ['Größe 😀', 'Größe 😀'],
])('%j is shown as %j', (text, shown) => {
  expect(oneLine(text)).toBe(shown);
});
