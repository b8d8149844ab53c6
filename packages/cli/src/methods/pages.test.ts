import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { allMethods } from 'counterpoise/catalog';
import { describe, expect, test } from 'vitest';
import { methodPages } from './pages.js';

const folder = new URL('../../../../docs/methods/', import.meta.url);
const pages = methodPages();

describe('docs/methods', () => {
  test.each(Object.keys(pages))('%s is what the table of methods says (else: node tools/method-pages.mjs)', (name) => {
    const file = new URL(name, folder);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : `${name} is missing`).toBe(pages[name]);
  });

  test('has no page that nobody makes any more', () => {
    const made = readdirSync(folder).filter((name) =>
      readFileSync(new URL(name, folder), 'utf8').includes('method-pages'),
    );
    expect(made.filter((name) => !Object.hasOwn(pages, name))).toEqual([]);
  });
});

test('every method has its section, in one page alone, and every link of the overview leads to one', () => {
  const heads = Object.entries(pages).flatMap(([page, text]) =>
    [...text.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, name]) => `${page}#${name}`),
  );
  expect(heads.map((head) => head.split('#')[1]).sort()).toEqual(Object.keys(allMethods).sort());
  const links = [...pages['README.md']!.matchAll(/\]\(([a-z]+\.md#[^)]+)\)/g)].map(([, link]) => link);
  expect(links.sort()).toEqual(heads.sort());
});

test('options are spelled as on a command line, and no cell breaks its table', () => {
  const { 'statistics.md': text } = pages;
  expect(text).toMatch(/^\| `relative-epsilon` +\| number in \[0, 1\] +\| 0 +\|/m);
  expect(text).toMatch(/^\| `renormalise` +\| none \\\| sum-k \\\| preserve-total +\| none +\|/m);
  expect(text).toMatch(/^\| `window` +\| integer in \[1, inf\) +\| none +\| steps +\|/m);
  for (const [page, content] of Object.entries(pages)) {
    const columns = new Set(
      content
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.replaceAll('\\|', '').split('|').length - 2),
    );
    expect([page, [...columns].every((count) => count === 3 || count === 5)]).toEqual([page, true]);
  }
});
