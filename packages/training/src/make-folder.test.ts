import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from './make-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-make-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);

test('makes a folder with its parents, also by several at once, and leaves what is there', async () => {
  await Promise.all(Array.from({ length: 5 }, () => makeFolder(at('a', 'b', 'c'))));
  expect(statSync(at('a', 'b', 'c')).isDirectory()).toBe(true);
  writeFileSync(at('a', 'b', 'kept'), '');
  await makeFolder(at('a', 'b'));
  await makeFolder(`${at('a', 'd')}/`);
  await makeFolder('/');
  expect(readdirSync(at('a', 'b')).sort()).toEqual(['c', 'kept']);
  symlinkSync(at('a'), at('link'));
  await makeFolder(at('link', 'e'));
  expect(existsSync(at('a', 'e'))).toBe(true);
});

test('a file, or a link to nowhere, in its place or in that of a parent', async () => {
  writeFileSync(at('file'), '');
  symlinkSync(at('nowhere'), at('dangling'));
  for (const path of [at('file'), at('file', 'x'), at('file', 'x', 'y'), at('dangling')]) {
    await expect(makeFolder(path)).rejects.toThrow(`cannot make the folder "${path}": a file is in its place`);
  }
});

test.runIf(existsSync('/proc/self'))('a place where nothing can be made is an error, and no endless loop', async () => {
  for (const path of ['/proc/x', '/proc/x/y/z']) {
    // Who is not root is told that of the system.
    await expect(makeFolder(path)).rejects.toThrow(
      /^cannot make the folder "\/proc\/x[yz/]*": (no folder can be made in that place|permission denied)$/,
    );
  }
});
