import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES, type NamedPicture } from '../images.js';
import { type TestFolder, testFolder } from '../testing/voc-folder.js';
import { type PictureSource, pictureSources } from './sources.js';

let folder: TestFolder;
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await testFolder();
  for (const name of ['z.jpg', 'a.PNG', 'deep/er/b.jpeg', 'notes.txt', '._a.jpg', 'empty/notes.txt']) {
    await folder.write(name, '');
  }
  await symlink('/', at('link'));
});
afterAll(() => folder.remove());

async function sourcesOf(words: readonly string[], ...chunks: (string | Uint8Array)[]): Promise<PictureSource[]> {
  const found: PictureSource[] = [];
  async function* stdin() {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  }
  for await (const source of pictureSources(words, stdin())) found.push(source);
  return found;
}

const messagesOf = (sources: readonly PictureSource[]) => sources.map((source) => (source as Error).message);
const NOT_UNDERSTOOD = 'stdin: this is neither a JPEG or PNG picture nor names of files, one a line';

describe('pictureSources', () => {
  it('takes files as they are, and of a folder all pictures below it; links to folders are not followed', async () => {
    expect(await sourcesOf(['missing.jpg', at('notes.txt'), folder.path])).toEqual([
      'missing.jpg',
      at('notes.txt'),
      at('a.PNG'),
      at('deep/er/b.jpeg'),
      at('z.jpg'),
    ]);
    expect(messagesOf(await sourcesOf([at('empty')]))).toEqual([
      `${at('empty')}: there is no .jpg, .jpeg or .png file in this folder`,
    ]);
  });

  it('reads a picture from stdin, however its bytes arrive', async () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3);
    for (const cut of [1, 3, 5, 11]) {
      const [picture, ...rest] = await sourcesOf(['-'], png.subarray(0, cut), png.subarray(cut));
      expect(rest).toEqual([]);
      const { name, bytes } = picture as NamedPicture;
      expect([name, ...bytes]).toEqual(['stdin', ...png]);
    }
  });

  it('reads names from stdin, with any line ending, each as soon as its line is complete', async () => {
    expect(await sourcesOf(['-'], 'a.jpg\r\n\n b', ' c.png \n', folder.path, '\nlast')).toEqual([
      'a.jpg',
      'b c.png',
      at('a.PNG'),
      at('deep/er/b.jpeg'),
      at('z.jpg'),
      'last',
    ]);
    let asked = 0;
    async function* stdin() {
      asked = 1;
      yield Buffer.from('a.jpg\nb');
      asked = 2;
      yield Buffer.from('.jpg\n');
    }
    const sources = pictureSources(['-'], stdin());
    expect([(await sources.next()).value, asked]).toEqual(['a.jpg', 1]);
    expect([(await sources.next()).value, asked]).toEqual(['b.jpg', 2]);
  });

  it('says in one line what is wrong with stdin, and keeps no more of it than a line or a picture', async () => {
    expect(messagesOf(await sourcesOf(['-']))).toEqual([expect.stringContaining('stdin: it is empty')]);
    for (const wrong of ['GIF89a\u0000\n', Uint8Array.of(0xc3, 0x28, 10), 'x'.repeat(5000)]) {
      expect(messagesOf(await sourcesOf(['-'], wrong, 'a.jpg\n'))).toEqual([NOT_UNDERSTOOD]);
    }
    let sent = 0;
    async function* endless() {
      yield Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
      for (; ; sent++) yield new Uint8Array(2 ** 24);
    }
    const first = (await pictureSources(['-'], endless()).next()).value as Error;
    expect(first.message).toBe(`stdin: the picture has more than ${MAX_FILE_BYTES} bytes`);
    expect(sent).toBeLessThanOrEqual(MAX_FILE_BYTES / 2 ** 24);
  });
});
