/**
 * Numbers that are appended and never changed, and the smallest and largest of any stretch of them in a time that hardly
 * depends on its length: a million points are drawn from a few thousand reads.
 */

/** The blocks of one level hold 16 of the level below: 16, 256, 4096, ... values. */
const BLOCK_BITS = 4;
const LEVELS = 5;

export interface Extent {
  readonly low: number;
  readonly high: number;
}

/** A growing array of float32; NaN is a gap. */
export class Column {
  #values = new Float32Array(64);
  #length = 0;
  /** Per level the low and the high of every block that has begun. */
  #lows = Array.from({ length: LEVELS }, () => new Float32Array(4));
  #highs = Array.from({ length: LEVELS }, () => new Float32Array(4));

  get length(): number {
    return this.#length;
  }

  /** NaN where there is none. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#values[index]! : Number.NaN;
  }

  /** All values; a view that holds until the next `append`. */
  get values(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }

  append(values: Float32Array): void {
    const before = this.#length;
    this.#reserve(before + values.length);
    this.#values.set(values, before);
    this.#length += values.length;
    this.#summarise(before);
  }

  /** Smallest and largest of the values in [from, to), gaps left out; null if there is none. */
  extent(from: number, to: number): Extent | null {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let at = Math.max(0, from);
    const end = Math.min(to, this.#length);
    while (at < end) {
      const level = largestBlock(at, end);
      if (level < 0) {
        const value = this.#values[at]!;
        if (value < low) low = value;
        if (value > high) high = value;
        at++;
        continue;
      }
      const shift = (level + 1) * BLOCK_BITS;
      low = Math.min(low, this.#lows[level]![at >> shift]!);
      high = Math.max(high, this.#highs[level]![at >> shift]!);
      at += 1 << shift;
    }
    return low <= high ? { low, high } : null;
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const capacity = Math.max(length, 2 * this.#values.length);
    this.#values = grown(this.#values, capacity);
    for (let level = 0; level < LEVELS; level++) {
      const blocks = (capacity >> ((level + 1) * BLOCK_BITS)) + 1;
      this.#lows[level] = grown(this.#lows[level]!, blocks);
      this.#highs[level] = grown(this.#highs[level]!, blocks);
    }
  }

  /** Every level from the one below it, from the first block on that has new values. */
  #summarise(from: number): void {
    let [lowsBelow, highsBelow] = [this.#values, this.#values];
    let [first, end] = [from, this.#length];
    for (let level = 0; level < LEVELS; level++) {
      const [lows, highs] = [this.#lows[level]!, this.#highs[level]!];
      first >>= BLOCK_BITS;
      const blocks = ((end - 1) >> BLOCK_BITS) + 1;
      for (let block = first; block < blocks; block++) {
        let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        const last = Math.min(end, (block + 1) << BLOCK_BITS);
        for (let at = block << BLOCK_BITS; at < last; at++) {
          if (lowsBelow[at]! < low) low = lowsBelow[at]!;
          if (highsBelow[at]! > high) high = highsBelow[at]!;
        }
        lows[block] = low;
        highs[block] = high;
      }
      [lowsBelow, highsBelow, end] = [lows, highs, blocks];
    }
  }
}

/** The level of the largest block that begins at `at` and ends by `end`; -1 for a single value. */
function largestBlock(at: number, end: number): number {
  let level = -1;
  for (let size = 1 << BLOCK_BITS; level + 1 < LEVELS && at % size === 0 && at + size <= end; size <<= BLOCK_BITS) {
    level++;
  }
  return level;
}

function grown(array: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const larger = new Float32Array(length);
  larger.set(array);
  return larger;
}
