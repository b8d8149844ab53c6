import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture, readPicture, readPictureHeader, uprightBox } from './images.js';
import { markedPicture, testFolder } from './testing/voc-folder.js';

describe('decodePicture', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i: picture and box turn together', async (orientation) => {
    const stored = [4, 2, 16, 20] as const;
    const file = await markedPicture(40, 24, stored).withMetadata({ orientation }).png().toBuffer();
    const { width, height, ...header } = await readPictureHeader(file);
    expect(header).toEqual({ storedWidth: 40, storedHeight: 24, orientation });
    expect([width, height]).toEqual(orientation >= 5 ? [24, 40] : [40, 24]);
    const pixels = await decodePicture(file, width, height);
    const expected = await markedPicture(width, height, uprightBox(stored, orientation, 40, 24))
      .raw()
      .toBuffer();
    expect(Buffer.compare(Buffer.from(pixels), expected)).toBe(0);
  });

  it('stretches, so that each side scales by itself', async () => {
    const file = await markedPicture(40, 30, [0, 0, 20, 15]).png().toBuffer();
    const pixels = await decodePicture(file, 8, 8);
    expect(pixels.length).toBe(8 * 8 * 3);
    const column = (x: number, y: number) => pixels[(y * 8 + x) * 3]!;
    expect([column(1, 1), column(6, 1), column(1, 6), column(6, 6)]).toEqual([230, 20, 20, 20]);
  });

  it('enlarges about the middle of pixels, also where the other side shrinks', async () => {
    // A ramp from left to right, 4 a pixel, and the same from top to bottom: the value says where a pixel was taken.
    for (const [width, height, size] of [
      [20, 20, 50],
      [40, 10, 25],
      [10, 40, 25],
    ] as const) {
      const ramps = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
        const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
        return [4 * x, 4 * y, 0][at % 3]!;
      });
      const file = await sharp(ramps, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      const pixels = await decodePicture(file, size, size);
      for (let i = 2; i < size - 2; i++) {
        const expected = (length: number) => 4 * Math.min(length - 1, Math.max(0, ((i + 0.5) * length) / size - 0.5));
        expect(Math.abs(pixels[(2 * size + i) * 3]! - expected(width))).toBeLessThan(1.2);
        expect(Math.abs(pixels[(i * size + 2) * 3 + 1]! - expected(height))).toBeLessThan(1.2);
      }
    }
  });

  it('gives three equal channels for grey and scales 16 bits to 8', async () => {
    // The most significant byte first, as PNG has it: the values 0x4000 and 0xc000.
    const grey16 = new Uint16Array(64).fill(0x4000, 0, 32).fill(0xc000, 32);
    const file = await sharp(grey16, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    const pixels = await decodePicture(file, 8, 8);
    expect([...pixels.subarray(0, 3)]).toEqual([0x40, 0x40, 0x40]);
    expect([...pixels.subarray(-3)]).toEqual([0xc0, 0xc0, 0xc0]);
  });

  it('puts transparent parts on white', async () => {
    const rgba = new Uint8Array(4 * 4 * 4);
    rgba.set([10, 20, 30, 255], 0);
    const file = await sharp(rgba, { raw: { width: 4, height: 4, channels: 4 } })
      .png()
      .toBuffer();
    const pixels = await decodePicture(file, 4, 4);
    expect([...pixels.subarray(0, 6)]).toEqual([10, 20, 30, 255, 255, 255]);
  });

  it('converts CMYK', async () => {
    const file = await markedPicture(8, 8, [0, 0, 8, 8]).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    const pixels = await decodePicture(file, 2, 2);
    expect(pixels.length).toBe(12);
    expect(Math.min(...pixels)).toBeGreaterThan(200);
  });

  it('is the same every time', async () => {
    const file = await markedPicture(97, 61, [11, 7, 60, 50]).jpeg({ progressive: true }).toBuffer();
    const first = await decodePicture(file, 33, 33);
    const again = await Promise.all(Array.from({ length: 8 }, () => decodePicture(file, 33, 33)));
    for (const pixels of again) expect(Buffer.compare(Buffer.from(first), Buffer.from(pixels))).toBe(0);
  });

  it('refuses a cut file at any length', async () => {
    const file = await markedPicture(64, 64, [5, 5, 30, 30]).jpeg().toBuffer();
    for (const part of [3, 20, 200, 0.5 * file.length, file.length - 20]) {
      await expect(decodePicture(file.subarray(0, part), 8, 8)).rejects.toThrow(/the picture cannot be decoded: /);
    }
  });
});

describe('readPicture', () => {
  it('reads a file at a square size or keeping its shape, and names the file in errors', async () => {
    const folder = await testFolder();
    try {
      const path = join(folder.path, 'a.png');
      await writeFile(path, await markedPicture(40, 30, [1, 1, 9, 9]).png().toBuffer());
      expect(await readPicture(path, 8)).toMatchObject({ width: 8, height: 8, originalWidth: 40, originalHeight: 30 });
      const fitted = await readPicture(path, { fit: 20 });
      expect([fitted.width, fitted.height, fitted.pixels.length]).toEqual([20, 15, 900]);
      expect((await readPicture(path, { fit: 100 })).width).toBe(40);
      await expect(readPicture(folder.path, 8)).rejects.toThrow(`${folder.path}: the picture is not an ordinary file`);
      await expect(readPicture(join(folder.path, 'b.png'), 8)).rejects.toThrow(/b\.png: there is no such file$/);
    } finally {
      await folder.remove();
    }
  });
});
