/**
 * Seeded random numbers that are the same on every machine: xoshiro128** (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", 2021), its state filled by splitmix64 from a FNV-1a hash of the seed.
 */

type SeedPath = readonly [seed: number | string, ...keys: (number | string)[]];

/** Everything a generator needs to go on bit for bit; plain JSON. */
export interface RandomState {
  /** The seed, followed by the keys of every fork that led to this generator. */
  readonly path: SeedPath;
  /** The four 32-bit words of xoshiro128**. */
  readonly words: readonly [number, number, number, number];
  /** The second number of the last normal pair, if it has not been handed out yet. */
  readonly spareNormal: number | null;
}

const TWO_32 = 2 ** 32;

export class Random {
  readonly #path: SeedPath;
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | null = null;

  /**
   * @param seed any finite number or any string; 1 and "1" are different seeds.
   * @param keys the same as `fork(...keys)` on the new generator.
   * @throws RangeError if the seed or a key is NaN or infinite.
   */
  constructor(seed: number | string, ...keys: (number | string)[]) {
    this.#path = [checkKey('seed', seed), ...keys.map((key) => checkKey('key', key))];
    [this.#a, this.#b, this.#c, this.#d] = expandSeed(hashPath(this.#path));
  }

  /** The next 32 random bits, as an integer in [0, 2^32). */
  bits(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** A double in [0, 1), all multiples of 2^-53 equally likely. */
  uniform(): number {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A standard normal number: mean 0, variance 1 (Marsaglia's polar method; numbers come in pairs). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * exactLog(square)) / square);
      this.#spareNormal = y * scale;
      return x * scale;
    }
  }

  /**
   * An integer in [0, n), every value exactly equally likely.
   * @throws RangeError if n is not an integer in [1, 2^32].
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new RangeError(`"n" must be an integer in [1, 2^32], got ${n}`);
    }
    // Values past the last whole multiple of n would favour the small remainders: draw again.
    const limit = TWO_32 - (TWO_32 % n);
    for (;;) {
      const bits = this.bits();
      if (bits < limit) return bits % n;
    }
  }

  /** Shuffles in place (Fisher and Yates), every order equally likely, and returns the same array. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(array: T): T {
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = array[last];
      array[last] = array[other];
      array[other] = kept;
    }
    return array;
  }

  /**
   * The numbers 0 to n - 1 in random order.
   * @throws RangeError if n is not an integer in [0, 2^31).
   */
  permutation(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
      throw new RangeError(`"n" must be an integer in [0, 2^31), got ${n}`);
    }
    return this.shuffle(Int32Array.from({ length: n }, (_, index) => index));
  }

  /**
   * An independent stream that depends on this generator's seed and the keys only, never on how much was drawn:
   * `random.fork('augment', epoch, image)` is the same in a resumed run. `fork('a').fork('b')` equals `fork('a', 'b')`.
   */
  fork(...keys: (number | string)[]): Random {
    return new Random(...this.#path, ...keys);
  }

  /** The state as plain JSON; `Random.from` goes on from it bit for bit. */
  state(): RandomState {
    const words = [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0] as const;
    return { path: [...this.#path], words, spareNormal: this.#spareNormal };
  }

  /**
   * A generator that goes on where `state()` was taken.
   * @throws TypeError if the state was not made by `state()`.
   */
  static from(state: RandomState): Random {
    const { path, words, spareNormal } = checkState(state);
    const random = new Random(...path);
    [random.#a, random.#b, random.#c, random.#d] = words;
    random.#spareNormal = spareNormal;
    return random;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function checkKey(name: string, key: number | string): number | string {
  if (typeof key === 'string' || Number.isFinite(key)) return key;
  throw new RangeError(`"${name}" must be a finite number or a string, got ${String(key)}`);
}

/** 64-bit FNV-1a over the UTF-8 of the path's JSON, which keeps 1 apart from "1" and ["a", "b"] apart from ["ab"]. */
export function hashPath(path: SeedPath): bigint {
  return fnv1a(new TextEncoder().encode(JSON.stringify(path)));
}

/** FNV-1a, 64 bit (draft-eastlake-fnv). */
export function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

/** Two outputs of splitmix64 (Steele, Lea and Flood 2014), cut into four 32-bit words, low word first. */
export function expandSeed(seed: bigint): [number, number, number, number] {
  const words: number[] = [];
  let counter = seed;
  for (let draw = 0; draw < 2; draw++) {
    counter = BigInt.asUintN(64, counter + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (counter ^ (counter >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    words.push(Number(mixed & 0xffffffffn), Number(mixed >> 32n));
  }
  // The two outputs of splitmix64 are never both zero, so the forbidden all-zero state cannot arise.
  return words as [number, number, number, number];
}

/**
 * Natural logarithm of x in (0, 1], from +, -, * and / alone. Math.log may differ in its last bit between JavaScript
 * engines, and the same seed must give the same weights everywhere. ln x = e ln 2 + 2 artanh((m - 1) / (m + 1)) for x = m 2^e.
 */
export function exactLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  // |z| <= 0.172, so the first term left out, z^24 / 25, is below 2^-60 of the sum.
  let series = 0;
  for (let odd = 23; odd >= 1; odd -= 2) series = series * square + 1 / odd;
  return exponent * Math.LN2 + 2 * z * series;
}

function checkState(state: RandomState): RandomState {
  const { path, words, spareNormal } = state ?? {};
  const isWord = (word: unknown) => Number.isInteger(word) && (word as number) >= 0 && (word as number) < TWO_32;
  const valid =
    Array.isArray(path) &&
    path.length > 0 &&
    path.every((key) => typeof key === 'string' || Number.isFinite(key)) &&
    Array.isArray(words) &&
    words.length === 4 &&
    words.every(isWord) &&
    words.some((word) => word !== 0) &&
    (spareNormal === null || Number.isFinite(spareNormal));
  if (valid) return state;
  throw new TypeError(`"state" must be what Random.state() returned, got ${JSON.stringify(state)}`);
}
