import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalizationItem, unitBox } from '../dataset.js';
import { readPicture } from '../images.js';
import { boxFromFrame, FILL, frameOf } from '../letterbox.js';
import { annotationXml, markedPicture, objectXml, type TestFolder, testFolder } from '../testing/voc-folder.js';
import { readDataset } from './read-dataset.js';

const SIZE = 64;
/** In continuous pixels; VOC counts them from 1, the last one included. */
const MARK = [37, 20, 90, 75] as const;
const VOC_MARK = [38, 21, 90, 75] as const;

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

async function write(width: number, height: number): Promise<void> {
  await folder.write('JPEGImages/a.png', await markedPicture(width, height, MARK).png().toBuffer());
  const xml = annotationXml({ filename: 'a.png', width, height, objects: [objectXml('card', VOC_MARK)] });
  await folder.write('Annotations/a.xml', xml);
}

/** Edges of the bright part in pixels of the square, from its sums: partly bright pixels count in part. */
function brightPart(pixels: Uint8Array): [x1: number, y1: number, x2: number, y2: number] {
  const share = (x: number, y: number) => Math.max(0, (pixels[(y * SIZE + x) * 3]! - 20) / 210);
  const middle = (axis: 0 | 1): [number, number] => {
    const line = Array.from({ length: SIZE }, (_, i) => (axis === 0 ? share(i, 32) : share(32, i)));
    const length = line.reduce((sum, value) => sum + value, 0);
    const centre = line.reduce((sum, value, i) => sum + value * (i + 0.5), 0) / length;
    return [centre - length / 2, centre + length / 2];
  };
  const [[x1, x2], [y1, y2]] = [middle(0), middle(1)];
  return [x1, y1, x2, y2];
}

/** Leaves out the bars, which are brighter than the dark part of the picture. */
function withoutBars(pixels: Uint8Array): Uint8Array {
  const isBar = (at: number) => FILL.every((value, channel) => pixels[at + channel] === value);
  const out = pixels.slice();
  for (let at = 0; at < out.length; at += 3) if (isBar(at)) out.fill(20, at, at + 3);
  return out;
}

describe('a letterboxed data set', () => {
  it.each([
    [128, 96],
    [96, 128],
    [127, 81],
    [100, 100],
  ])('has the box of a %i x %i picture where its pixels are', async (width, height) => {
    await write(width, height);
    const set = await readDataset(folder.path, { imageSize: SIZE, resize: 'letterbox' });
    const box = unitBox(set.items[0]!)!.map((value) => value * SIZE);
    const pixels = await set.load(0, SIZE);
    brightPart(withoutBars(pixels)).forEach((edge, i) => {
      expect(Math.abs(edge - box[i]!)).toBeLessThan(0.12);
    });
    const back = frameOf('letterbox', width, height, SIZE);
    boxFromFrame(unitBox(set.items[0]!)!, back, { width, height }).forEach((value, i) => {
      expect(value).toBeCloseTo(MARK[i]!, 9);
    });
  });

  it('keeps the shape of things, has bars, and gives the same pixels without its cache and from readPicture', async () => {
    await write(128, 96);
    const options = { imageSize: SIZE, resize: 'letterbox' } as const;
    const pixels = await (await readDataset(folder.path, options)).load(0, SIZE);
    expect([...pixels.subarray(0, 3)]).toEqual([...FILL]);
    expect([...pixels.subarray(-3)]).toEqual([...FILL]);
    const uncached = await readDataset(folder.path, { ...options, cacheBytes: 0 });
    expect(Buffer.compare(Buffer.from(await uncached.load(0, SIZE)), Buffer.from(pixels))).toBe(0);
    const picture = await readPicture(`${folder.path}/JPEGImages/a.png`, SIZE, 'letterbox');
    expect(picture).toMatchObject({ width: SIZE, height: SIZE, originalWidth: 128, originalHeight: 96 });
    expect(Buffer.compare(Buffer.from(picture.pixels), Buffer.from(pixels))).toBe(0);
  });

  it('tells sizes with the bars; stretched it tells those of the picture', async () => {
    await write(128, 96);
    const itemOf = async (resize: 'letterbox' | 'stretch'): Promise<LocalizationItem> =>
      (await readDataset(folder.path, { imageSize: SIZE, resize })).items[0]!;
    expect(await itemOf('letterbox')).toMatchObject({ width: 128, height: 128, box: [37, 36, 90, 91] });
    expect(await itemOf('stretch')).toMatchObject({ width: 128, height: 96, box: [...MARK] });
  });

  it('needs the size', async () => {
    await write(128, 96);
    await expect(readDataset(folder.path, { resize: 'letterbox' })).rejects.toThrow(
      '"resize" letterbox needs "imageSize", got none',
    );
  });
});
