import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { generatedDataset } from '../generated.js';
import { decodePicture } from '../images.js';
import { differenceHash, HASH_SIZE, type Hash, hashDistance, nearDuplicates } from './near-duplicates.js';

/** Of 8 rows of 9 cells of 8 x 9 pixels. */
function picture(of: (row: number, column: number) => number): Uint8Array {
  return Uint8Array.from({ length: HASH_SIZE ** 2 * 3 }, (_, at) => {
    return of(Math.floor(at / (HASH_SIZE * 3 * 9)), Math.floor((at % (HASH_SIZE * 3)) / 24));
  });
}

describe('differenceHash', () => {
  it('has a bit for every cell that is brighter than its right neighbour', () => {
    expect(differenceHash(picture((_, column) => 10 * column))).toEqual([0, 0]);
    expect(differenceHash(picture((_, column) => 200 - 10 * column)).map((word) => word >>> 0)).toEqual([
      0xffffffff, 0xffffffff,
    ]);
    // One bright cell in each of the first two rows: rows 0 to 3 make the first word.
    expect(differenceHash(picture((row, column) => (column === 1 && row < 2 ? 200 : 0)))).toEqual([0b10_0000_0010, 0]);
  });

  it('counts differing bits', () => {
    expect(hashDistance([0, 0], [-1, -1])).toBe(64);
    expect(hashDistance([0b1011, 1 << 31], [0b0001, 0])).toBe(3);
  });

  it('is near for a copy that is smaller, brighter and compressed, and far for other pictures', async () => {
    const { train } = generatedDataset({ train: 60, val: 1, seed: 3 });
    const hashes: { original: Hash; copy: Hash }[] = [];
    for (const index of train.items.keys()) {
      const pixels = await train.load(index, 160);
      const jpeg = await sharp(pixels, { raw: { width: 160, height: 160, channels: 3 } })
        .resize(110, 90, { fit: 'fill' })
        .modulate({ brightness: 1.15 })
        .jpeg({ quality: 60 })
        .toBuffer();
      const copy = differenceHash(await decodePicture(jpeg, HASH_SIZE, HASH_SIZE));
      const png = await sharp(pixels, { raw: { width: 160, height: 160, channels: 3 } })
        .png()
        .toBuffer();
      hashes.push({ original: differenceHash(await decodePicture(png, HASH_SIZE, HASH_SIZE)), copy });
    }
    const near = hashes.filter(({ original, copy }) => hashDistance(original, copy) <= 4).length;
    const far = hashes.flatMap(({ original }, at) =>
      hashes.slice(at + 1).map((other) => hashDistance(original, other.original)),
    );
    expect(near).toBeGreaterThan(0.95 * hashes.length);
    expect(far.filter((distance) => distance <= 4).length).toBe(0);
  });
});

describe('nearDuplicates', () => {
  it('names pairs of different splits, the closest first', () => {
    const items = [
      { id: 'a', split: 'train', hash: [0, 0] },
      { id: 'b', split: 'train', hash: [0, 0] },
      { id: 'c', split: 'val', hash: [0b1111, 0] },
      { id: 'd', split: 'val', hash: [1, 0] },
      { id: 'e', split: 'test', hash: [-1, 0] },
      { id: 'a', split: 'val', hash: [0, 0] },
    ] as const;
    expect(nearDuplicates(items).map(({ items: pair, distance }) => [pair.join(''), distance])).toEqual([
      ['ba', 0],
      ['ad', 1],
      ['bd', 1],
      ['ac', 4],
      ['bc', 4],
    ]);
  });
});
