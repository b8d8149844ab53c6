import { afterEach, describe, expect, it } from 'vitest';
import { type TestFolder, testFolder } from '../testing/voc-folder.js';
import { textPieces } from './text-pieces.js';

let folder: TestFolder;
afterEach(() => folder.remove());

async function read(content: string | Uint8Array, maxBytes = 2 ** 24): Promise<{ text: string; pieces: number }> {
  folder = await testFolder();
  await folder.write('a.json', content);
  const texts: string[] = [];
  // Fatal: a character that is cut does not pass.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const piece of textPieces(folder.path, 'a.json', maxBytes)) texts.push(decoder.decode(piece));
  return { text: texts.join(''), pieces: texts.length };
}

describe('textPieces', () => {
  it.each([0, 1, 2, 3])('cuts no character: %i bytes before it', async (before) => {
    const content = 'a'.repeat(before) + 'é€💥'.repeat(300_000);
    const { text, pieces } = await read(content);
    expect(text === content).toBe(true);
    expect(pieces).toBeGreaterThan(2);
  });

  it('leaves the byte-order mark out, the first alone', async () => {
    expect((await read('\ufeff{"a": "\ufeff"}')).text).toBe('{"a": "\ufeff"}');
  });

  it.each<[string, number[]]>([
    ['a byte of no character', [0x61, 0xff]],
    ['the second half of one', [0x61, 0xa9]],
    ['one that is cut by the end', [0x61, 0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('refuses %s', async (_, bytes) => {
    await expect(read(Uint8Array.from(bytes))).rejects.toThrow('a.json is not UTF-8 text');
  });

  it('refuses a file that is too large, and has nothing of one that is not there', async () => {
    await expect(read('[1, 2]', 5)).rejects.toThrow('a.json has 6 bytes; at most 5 are read');
    expect((await textPieces(folder.path, 'b.json', 5).next()).done).toBe(true);
  });
});
