import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  annotationXml,
  markedPicture,
  objectXml,
  type TestFolder,
  testFolder,
  vocFolder,
} from '../testing/voc-folder.js';
import { readDataset } from './read-dataset.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await vocFolder();
});
afterEach(() => folder.remove());

/** Adds the item "bad" with this XML and a copy of the good picture, and says what became of it. */
async function outcome(xml: string | Uint8Array, picture?: Uint8Array) {
  await folder.write('Annotations/bad.xml', xml);
  const fallback = await markedPicture(40, 30, [10, 5, 30, 25]).png().toBuffer();
  await folder.write('JPEGImages/bad.jpg', picture ?? fallback);
  const set = await readDataset(folder.path);
  expect(set.items.some((item) => item.id === 'good')).toBe(true);
  return {
    reason: set.rejected.find(({ item }) => item === 'bad')?.reason,
    item: set.items.find((item) => item.id === 'bad'),
    notices: set.notices,
  };
}

describe('files', () => {
  it.each([
    ['../../etc/hostname', /leaves the folder/],
    ['sub/../../../x.jpg', /leaves the folder/],
    ['..\\..\\x.jpg', /leaves the folder/],
    ['/etc/hostname', /absolute path/],
    ['C:\\windows\\x.jpg', /absolute path/],
  ])('refuses <filename> %s', async (filename, reason) => {
    expect((await outcome(annotationXml({ filename }))).reason).toMatch(reason);
  });

  it('refuses links that leave the folder, of pictures and of annotations', async () => {
    const outside = await testFolder();
    try {
      await outside.write('secret.xml', annotationXml({ filename: 'good.jpg' }));
      await outside.write('secret.jpg', await markedPicture(40, 30, [10, 5, 30, 25]).jpeg().toBuffer());
      await folder.write('Annotations/a.xml', annotationXml({ filename: 'a.jpg' }));
      await symlink(join(outside.path, 'secret.jpg'), join(folder.path, 'JPEGImages/a.jpg'));
      await symlink(join(outside.path, 'secret.xml'), join(folder.path, 'Annotations/b.xml'));
      await symlink(join(folder.path, 'JPEGImages/good.jpg'), join(folder.path, 'JPEGImages/c.jpg'));
      await folder.write('Annotations/c.xml', annotationXml({ filename: 'c.jpg' }));
      const set = await readDataset(folder.path);
      expect(set.items.map(({ id }) => id)).toEqual(['c', 'good']);
      expect(set.rejected.map(({ item }) => item)).toEqual(['a', 'b']);
      for (const { reason } of set.rejected) expect(reason).toMatch(/link that leaves the folder/);
    } finally {
      await outside.remove();
    }
  });

  it('falls back to the id where <filename> is not there, and says so', async () => {
    const { item, notices } = await outcome(annotationXml({ filename: 'IMG_1.jpg' }));
    expect(item?.id).toBe('bad');
    expect(notices.join()).toMatch(/"IMG_1.jpg" is not there: bad.jpg is taken/);
  });

  it.each([
    ['0 bytes', new Uint8Array(), /0 bytes/],
    ['a GIF', new TextEncoder().encode('GIF89a......'), /neither JPEG nor PNG \(its first bytes are 47494638\)/],
    ['an SVG', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), /neither JPEG nor PNG/],
    ['a JPEG of 3 bytes', new Uint8Array([0xff, 0xd8, 0xff]), /cannot be decoded/],
  ])('refuses %s', async (_name, bytes, reason) => {
    expect((await outcome(annotationXml({}), bytes)).reason).toMatch(reason);
  });

  it('refuses a picture cut in half and a bomb', async () => {
    const whole = await markedPicture(40, 30, [0, 0, 1, 1]).jpeg().toBuffer();
    const png = await markedPicture(40, 30, [3, 3, 9, 9]).png().toBuffer();
    expect((await outcome(annotationXml({}), whole.subarray(0, whole.length / 2))).reason).toMatch(/cannot be decoded/);
    expect((await outcome(annotationXml({}), png.subarray(0, png.length - 40))).reason).toMatch(/cannot be decoded/);
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(30_000, 16);
    bomb.writeUInt32BE(30_000, 20);
    // Its checksum no longer fits, so either the limit or the decoder refuses it; both before any decoding.
    expect((await outcome(annotationXml({}), bomb)).reason).toMatch(/30000 x 30000|cannot be decoded/);
  });

  it('names the item if its picture is gone when it is loaded', async () => {
    const set = await readDataset(folder.path);
    await rm(join(folder.path, 'JPEGImages/good.jpg'));
    await expect(set.load(0, 8)).rejects.toThrow(/item "good"/);
    await expect(set.load(1, 8)).rejects.toThrow('"index" must be an integer in [0, 1), got 1');
    await expect(set.load(0, 0)).rejects.toThrow('"size" must be an integer in [1, 8192], got 0');
  });

  it('keeps decoded pictures within the limit', async () => {
    const set = await readDataset(folder.path, { imageSize: 8 });
    await writeFile(join(folder.path, 'JPEGImages/good.jpg'), 'gone');
    expect((await set.load(0, 8)).length).toBe(192);
    await expect(set.load(0, 9)).rejects.toThrow(/neither JPEG/);
  });
});

describe('the folder as a whole', () => {
  it.each([
    [{}, /the folder is empty: expected Pascal VOC/],
    [{ 'JPEGImages/a.jpg': 'x' }, /there are no boxes: expected Pascal VOC/],
    [{ 'Annotations/a.xml': '<annotation></annotation>' }, /there are no boxes: none of the 1 pictures/],
    [{ 'Annotations/a.xml': annotationXml({}) }, /none of 1 items can be used; the first, "a": there is no picture/],
    [{ 'Annotations/a.xml': annotationXml({}), 'classes.txt': '\n' }, /classes\.txt must name at least one class/],
    [{ 'Annotations/a.xml': annotationXml({}), 'classes.txt': 'a\na\n' }, /classes\.txt must name each class once/],
  ])('refuses %j', async (files, message) => {
    const other = await testFolder();
    try {
      for (const [name, content] of Object.entries(files)) await other.write(name, content);
      await expect(readDataset(other.path)).rejects.toThrow(message);
      await expect(readDataset(other.path)).rejects.toThrow(`data set ${other.path}: `);
    } finally {
      await other.remove();
    }
  });

  it('refuses a folder that is not there', async () => {
    await expect(readDataset(join(folder.path, 'none'))).rejects.toThrow(/there is no such folder/);
  });

  it('orders classes by classes.txt, else by code units', async () => {
    await outcome(annotationXml({ objects: [objectXml('Zebra')] }));
    expect((await readDataset(folder.path)).classes).toEqual(['Zebra', 'card']);
    await folder.write('classes.txt', '\ufeffcard\r\nZebra\r\nunused\r\n');
    expect((await readDataset(folder.path)).classes).toEqual(['card', 'Zebra', 'unused']);
  });

  it('takes given classes, rejects items of others, and refuses wrong names', async () => {
    await outcome(annotationXml({ objects: [objectXml('zebra')] }));
    const set = await readDataset(folder.path, { classes: ['joker', 'card'] });
    expect(set.items).toMatchObject([{ id: 'good', label: 1 }]);
    expect(set.notices).toEqual(['no object is of class "joker"']);
    expect(set.rejected).toEqual([{ item: 'bad', reason: 'class "zebra" is not one of "joker", "card"' }]);
    await expect(readDataset(folder.path, { classes: ['cards'] })).rejects.toThrow(
      '"classes" must be names of the data set ("card", "zebra"), got "cards"',
    );
    await expect(readDataset(folder.path, { classes: [] })).rejects.toThrow(/at least one class/);
    await folder.write('classes.txt', 'card\n');
    const some = await readDataset(folder.path, { classes: ['card', 'joker'] });
    expect(some.notices).toEqual(['no object is of class "joker"']);
    await expect(readDataset(folder.path, { classes: ['joker'] })).rejects.toThrow(/\("card"\), got "joker"/);
  });

  it('tells every notice and rejection as it reads', async () => {
    const heard: string[] = [];
    await outcome(annotationXml({ objects: [objectXml('card', [0, 1, 9, 9])] }));
    await folder.write('Annotations/none.xml', annotationXml({}));
    await readDataset(folder.path, { onNotice: (notice) => heard.push(notice) });
    expect(heard).toHaveLength(2);
    expect(heard.join('\n')).toMatch(/bad: box 0, 1, 9, 9 sticks out.*\nnone: there is no picture/);
  });
});
