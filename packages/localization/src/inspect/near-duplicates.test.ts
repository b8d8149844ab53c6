import { Random } from '@counterpoise/nn';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { generatedDataset } from '../generated.js';
import { decodePicture } from '../images.js';
import {
  differenceHash,
  HASH_SIZE,
  type Hash,
  type HashedItem,
  hashDistance,
  nearDuplicates,
} from './near-duplicates.js';

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
    const { closest, pairs } = nearDuplicates(items);
    expect(pairs).toBe(5);
    expect(closest.map(({ items: pair, distance }) => [pair.join(''), distance])).toEqual([
      ['ba', 0],
      ['ad', 1],
      ['bd', 1],
      ['ac', 4],
      ['bc', 4],
    ]);
  });

  /** Every pair compared. */
  function exhaustive(items: readonly HashedItem[]) {
    const found = items.flatMap((a, index) =>
      items.slice(index + 1).flatMap((b) => {
        const distance = hashDistance(a.hash, b.hash);
        if (distance > 4 || a.split === b.split || a.id === b.id) return [];
        return [{ items: [a.id, b.id], splits: [a.split, b.split], distance }];
      }),
    );
    return { closest: found.sort((a, b) => a.distance - b.distance), pairs: found.length };
  }

  it('finds what a comparison of every pair finds', () => {
    const item = fc.record({
      id: fc.constantFrom(...'abcdefgh'),
      split: fc.constantFrom('train', 'val', 'test'),
      base: fc.integer({ min: 0, max: 2 }),
      // Up to 6 changed bits on each side of a pair: distances on both sides of the bound, in all places.
      flips: fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 6 }),
    });
    let seen = 0;
    fc.assert(
      fc.property(fc.array(item, { maxLength: 24 }), (given) => {
        const items = given.map(({ id, split, base, flips }) => {
          const hash: [number, number] = [Math.imul(base, 0x9e3779b9), Math.imul(base, 0x85ebca6b)];
          for (const bit of flips) hash[bit >> 5]! ^= 1 << (bit & 31);
          return { id, split, hash };
        });
        const expected = exhaustive(items);
        expect(nearDuplicates(items)).toEqual(expected);
        seen += expected.pairs;
      }),
      { seed: 1, numRuns: 1000 },
    );
    expect(seen).toBeGreaterThan(1000);
  });

  /** Hashes of 64 random bits, of which those of `constant` are 0. */
  function randomItems(count: number, constant: Hash): HashedItem[] {
    const random = new Random('hashes');
    const word = (zeros: number) => Math.floor(random.uniform() * 2 ** 32) & ~zeros;
    return Array.from({ length: count }, (_, at) => {
      return { id: String(at), split: at % 5 === 0 ? 'val' : 'train', hash: [word(constant[0]), word(constant[1])] };
    });
  }

  it.each<[number, string, Hash]>([
    [100_000, 'pictures of any kind', [0, 0]],
    // In half of the rows and three quarters of the columns: the other 40 bits are those of the background.
    [40_000, 'objects on white', [0x0303ffff | 0, 0xffff0303 | 0]],
  ])('takes seconds for %i %s', (count, _, constant) => {
    const items = randomItems(count, constant);
    const near = items.slice(0, 50).map(({ hash: [low, high] }, at): HashedItem => {
      return { id: `copy ${at}`, split: 'test', hash: [low ^ (1 << (at % 32)), high ^ 0b10_0000_0101] };
    });
    const { closest, pairs } = nearDuplicates([...items, ...near]);
    expect(pairs).toBeGreaterThanOrEqual(50);
    const copied = new Set(closest.flatMap(({ items: [a, b] }) => (b === `copy ${a}` ? [a] : [])));
    if (pairs === closest.length) expect(copied.size).toBe(50);
  });

  it('counts all pairs of many copies and keeps ten thousand', () => {
    const items = Array.from({ length: 600 }, (_, at): HashedItem => {
      return { id: String(at), split: at % 2 === 0 ? 'train' : 'val', hash: [7, 7] };
    });
    const { closest, pairs } = nearDuplicates(items);
    expect([pairs, closest.length]).toEqual([300 * 300, 10_000]);
    expect(closest[0]).toEqual({ items: ['0', '1'], splits: ['train', 'val'], distance: 0 });
  });
});
