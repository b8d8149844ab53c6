import { expect, test } from 'vitest';
import { type Line, readLines } from './lines.js';

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function linesOf(input: AsyncIterable<Uint8Array>, limit = 100): Promise<string[]> {
  const lines: Line[] = [];
  for await (const line of readLines(input, limit)) lines.push(line);
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, i) => i + 1));
  return lines.map(({ text }) => text);
}

test('splits at line feeds wherever the chunks end, and takes a last line without one', async () => {
  const text = 'a\n\nbé\u2028c\r\nlast';
  const expected = ['a', '', 'bé\u2028c', 'last'];
  expect(await linesOf(chunks(text))).toEqual(expected);
  const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
  expect(await linesOf(chunks(...bytes))).toEqual(expected);
  expect(await linesOf(chunks('a\n'))).toEqual(['a']);
  expect(await linesOf(chunks())).toEqual([]);
});

test('drops a byte order mark at the beginning alone', async () => {
  expect(await linesOf(chunks('\ufeffa\n\ufeffb'))).toEqual(['a', '\ufeffb']);
});

test('refuses a line that is too long as soon as it is, and one that is not UTF-8', async () => {
  let asked = 0;
  const endless = (async function* () {
    for (;;) {
      asked++;
      yield Buffer.alloc(30, 'x');
    }
  })();
  await expect(linesOf(endless)).rejects.toThrow('line 1: it is longer than 100 bytes');
  expect(asked).toBe(4);
  expect(await linesOf(chunks('x'.repeat(100), '\nb'))).toHaveLength(2);
  await expect(linesOf(chunks('a\n', Uint8Array.of(0xff, 0x0a)))).rejects.toThrow('line 2: it is not UTF-8');
});
