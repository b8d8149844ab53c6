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

/**
 * Two hashes that differ in at most 4 bits agree in one of 5 bands exactly (the pigeonhole principle; Manku, Jain and Das Sarma
 * 2007, "Detecting near-duplicates for web crawling", section 3), so only pictures that share a band are compared. Bit i is of
 * band i mod 5: neighbours in a picture are of different bands, and a white border, which leaves the bits of whole rows
 * or columns 0, weakens no band more than the others.
 */
const BANDS = MAX_DISTANCE + 1;
const BAND_BITS = Math.ceil(64 / BANDS);
/** Ten thousand copies of one picture make a hundred million pairs. */
const MAX_KEPT = 10_000;

export interface NearDuplicates {
  /** Up to 10 000, the closest first; of equal ones in the order of the items. */
  readonly closest: readonly NearDuplicate[];
  /** How many there are in all. */
  readonly pairs: number;
}

/** Pairs of pictures of different splits whose hashes differ in at most 4 bits. */
export function nearDuplicates(items: readonly HashedItem[]): NearDuplicates {
  const bands = Array.from({ length: BANDS }, (_, band) => sortedByBand(items, band));
  const byDistance = Array.from({ length: MAX_DISTANCE + 1 }, (): NearDuplicate[] => []);
  let pairs = 0;
  items.forEach((first, index) => {
    const later = bands.flatMap((sorted, band) => alikeInBand(items, index, sorted, band)).sort((a, b) => a - b);
    for (const other of later) {
      const second = items[other]!;
      if (first.split === second.split || first.id === second.id) continue;
      pairs++;
      const distance = hashDistance(first.hash, second.hash);
      const kept = byDistance[distance]!;
      if (kept.length >= MAX_KEPT) continue;
      kept.push({ items: [first.id, second.id], splits: [first.split, second.split], distance });
    }
  });
  return { closest: byDistance.flat().slice(0, MAX_KEPT), pairs };
}

/** The later items at most 4 bits away that agree in this band and in none before it, so that each is found once. */
function alikeInBand(
  items: readonly HashedItem[],
  index: number,
  { order, place, ends, words }: SortedByBand,
  band: number,
): number[] {
  const [low, high] = items[index]!.hash;
  const end = ends[keyOf(items[index]!.hash, band)]!;
  const found: number[] = [];
  for (let at = place[index]! + 1; at < end; at++) {
    const lows = words[2 * at]! ^ low;
    const highs = words[2 * at + 1]! ^ high;
    if (countBits(lows) + countBits(highs) <= MAX_DISTANCE && firstCommonBand(lows, highs) === band) {
      found.push(order[at]!);
    }
  }
  return found;
}

interface SortedByBand {
  /** Items that agree in the band stand together, in their order. */
  readonly order: Int32Array;
  /** By item. */
  readonly place: Int32Array;
  /** By the bits of the band: where the items that have them end. */
  readonly ends: Int32Array;
  /** The hashes in that order, side by side: the search reads them from one end to the other. */
  readonly words: Int32Array;
}

/** A counting sort. */
function sortedByBand(items: readonly HashedItem[], band: number): SortedByBand {
  const ends = new Int32Array(1 << BAND_BITS);
  for (const { hash } of items) ends[keyOf(hash, band)]!++;
  for (let key = 1; key < ends.length; key++) ends[key]! += ends[key - 1]!;
  const [order, place] = [new Int32Array(items.length), new Int32Array(items.length)];
  const words = new Int32Array(2 * items.length);
  const next = ends.slice();
  // From the end, so that equal ones stay in their order.
  for (let index = items.length - 1; index >= 0; index--) {
    const { hash } = items[index]!;
    const at = --next[keyOf(hash, band)]!;
    order[at] = index;
    place[index] = at;
    words.set(hash, 2 * at);
  }
  return { order, place, ends, words };
}

/** The bits of a band side by side. */
function keyOf(hash: Hash, band: number): number {
  let key = 0;
  for (let bit = band, at = 0; bit < 64; bit += BANDS, at++) key |= ((hash[bit >> 5]! >>> (bit & 31)) & 1) << at;
  return key;
}

/** @param lows the bits in which the hashes differ. */
function firstCommonBand(lows: number, highs: number): number {
  let band = 0;
  while (keyOf([lows, highs], band) !== 0) band++;
  return band;
}
