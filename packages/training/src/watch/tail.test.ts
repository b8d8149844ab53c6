import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from './run-folder.test.helper.js';
import { PIECE_BYTES, type Position, readPiece, START } from './tail.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function newFile(content: string): string {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, from: Position = START): Promise<{ lines: string; position: Position }> {
  const piece = await readPiece(path, from);
  if (piece.kind !== 'lines') throw new Error(`expected lines, got ${piece.kind}`);
  return piece;
}

test('whole lines are read, a line that is being written is left until it is whole', async () => {
  const path = newFile('one\ntwo\nthr');
  const first = await read(path);
  expect(first.lines).toBe('one\ntwo\n');
  expect(await readPiece(path, first.position)).toEqual({ kind: 'none' });
  appendFileSync(path, 'ee');
  expect(await readPiece(path, first.position)).toEqual({ kind: 'none' });
  appendFileSync(path, '\nfour\n');
  expect((await read(path, first.position)).lines).toBe('three\nfour\n');
});

test('a character of several bytes that is cut in the middle is not broken', async () => {
  const path = newFile('a\n');
  const { position } = await read(path);
  const bytes = Buffer.from('"ß"\n');
  appendFileSync(path, bytes.subarray(0, 2));
  expect(await readPiece(path, position)).toEqual({ kind: 'none' });
  appendFileSync(path, bytes.subarray(2));
  expect((await read(path, position)).lines).toBe('"ß"\n');
});

test('a file longer than a piece comes in pieces that are together the file', async () => {
  const content = Array.from({ length: 60_000 }, (_, index) => `line ${index} ${'x'.repeat(index % 60)}\n`).join('');
  expect(content.length).toBeGreaterThan(2 * PIECE_BYTES);
  const path = newFile(content);
  let [text, position] = ['', START];
  for (let piece = await readPiece(path, position); piece.kind === 'lines'; piece = await readPiece(path, position)) {
    text += piece.lines;
    position = piece.position;
  }
  expect(text === content).toBe(true);
});

test('a cut file, also one that has grown again, is begun anew; the same content goes on', async () => {
  const path = newFile('one\ntwo\nthree\n');
  const { position } = await read(path);
  truncateSync(path, 4);
  expect(await readPiece(path, position)).toEqual({ kind: 'reset' });
  appendFileSync(path, 'TWO\nTHREE\nFOUR\n');
  expect(await readPiece(path, position)).toEqual({ kind: 'reset' });
  truncateSync(path, 4);
  appendFileSync(path, 'two\nthree\nfour\n');
  expect((await read(path, position)).lines).toBe('four\n');
  rmSync(path);
  expect(await readPiece(path, position)).toEqual({ kind: 'reset' });
});

test('a line without an end does not fill the memory', async () => {
  expect(await readPiece(newFile('x'.repeat(PIECE_BYTES + 1)), START)).toEqual({ kind: 'overlong' });
  expect(await readPiece(newFile('x'.repeat(PIECE_BYTES - 1)), START)).toEqual({ kind: 'none' });
});

test('nothing comes from a missing file, a folder or a link', async () => {
  const secret = newFile('secret\n');
  const link = join(folder, 'link');
  symlinkSync(secret, link);
  mkdirSync(join(folder, 'directory'));
  for (const path of [join(folder, 'missing'), join(folder, 'directory'), link]) {
    expect(await readPiece(path, START)).toEqual({ kind: 'none' });
  }
});
