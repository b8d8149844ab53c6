/** Pictures that look alike and are of different splits: what is learned of one is no longer tested by the other. */

/**
 * Side of the pictures that hashes are taken of: cells of whole pixels in both directions. A decoder that shrinks a JPEG file to
 * a few pixels at once skips most of it: copies of other sizes then differ in 7 bits where the means of cells differ in one.
 */
export const HASH_SIZE = 72;
const COLUMNS = 9;
const ROWS = 8;
/** Two of 64 bits chosen at random differ in 32 +- 4; copies that were resized, compressed or brightened in a few. */
const MAX_DISTANCE = 4;

/** Two times 32 bits. */
export type Hash = readonly [number, number];

/**
 * Difference hash (N. Krawetz, "Kind of like that", 2013): of 8 rows of 9 cells, is each cell brighter than the next one to its
 * right?
 * @param pixels 72 x 72 RGB.
 */
export function differenceHash(pixels: Uint8Array): Hash {
  const cells = new Float64Array(ROWS * COLUMNS);
  for (let y = 0; y < HASH_SIZE; y++) {
    for (let x = 0; x < HASH_SIZE; x++) {
      const at = (y * HASH_SIZE + x) * 3;
      const cell = Math.floor((y * ROWS) / HASH_SIZE) * COLUMNS + Math.floor((x * COLUMNS) / HASH_SIZE);
      // Luma of ITU-R BT.601, in thousandths: whole numbers, so that equal cells are equal.
      cells[cell]! += 299 * pixels[at]! + 587 * pixels[at + 1]! + 114 * pixels[at + 2]!;
    }
  }
  const words: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const cell = (bit >> 3) * COLUMNS + (bit & 7);
    if (cells[cell]! > cells[cell + 1]!) words[bit >> 5]! |= 1 << (bit & 31);
  }
  return words;
}

/** The number of bits that differ, 0 to 64. */
export function hashDistance(a: Hash, b: Hash): number {
  return countBits(a[0] ^ b[0]) + countBits(a[1] ^ b[1]);
}

/** Hamming weight of 32 bits: sums of 2, 4 and 8 bits side by side (Warren, "Hacker's Delight", section 5-1). */
function countBits(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export interface HashedItem {
  readonly id: string;
  readonly split: string;
  readonly hash: Hash;
}

export interface NearDuplicate {
  readonly items: readonly [string, string];
  readonly splits: readonly [string, string];
  /** Differing bits of 64, 0 to 4. */
  readonly distance: number;
}

/** Pairs of different splits whose hashes differ in at most 4 bits, the closest first. Every pair is compared. */
export function nearDuplicates(items: readonly HashedItem[]): NearDuplicate[] {
  const found: NearDuplicate[] = [];
  items.forEach((first, index) => {
    for (let other = index + 1; other < items.length; other++) {
      const second = items[other]!;
      const distance = hashDistance(first.hash, second.hash);
      if (distance > MAX_DISTANCE || first.split === second.split || first.id === second.id) continue;
      found.push({ items: [first.id, second.id], splits: [first.split, second.split], distance });
    }
  });
  return found.sort((a, b) => a.distance - b.distance);
}
