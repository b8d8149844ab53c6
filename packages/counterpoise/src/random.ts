import { CounterpoiseError } from './errors.js';
import { show } from './json.js';

/** State of the generator xoshiro128** (Blackman & Vigna 2018): four 32-bit words, not all zero. */
export type RandomState = readonly [number, number, number, number];

/** Seeded random numbers whose state goes in and comes out as JSON, so that a resumed run draws what it would have drawn. */
export class Random {
  readonly #words: Uint32Array;

  constructor(state: RandomState) {
    this.#words = Uint32Array.from(state);
  }

  get state(): RandomState {
    return Array.from(this.#words) as unknown as RandomState;
  }

  /** Uniform in [0, 2^32). */
  next(): number {
    const s = this.#words;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** Uniform in the open interval (0, 1). */
  uniform(): number {
    return (this.next() + 0.5) / 2 ** 32;
  }

  /** Standard normal (Box & Muller 1958, one of the pair). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** 0 ... n - 1 in random order (Fisher & Yates). */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** The state that belongs to a seed, an integer in [0, 2^32): four outputs of SplitMix32 from it. */
export function seeded(seed: number): RandomState {
  let state = seed;
  const word = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return [word(), word(), word(), word()];
}

export function restoreRandom(value: unknown, where: string): RandomState {
  const isWord = (word: unknown) => Number.isInteger(word) && (word as number) >= 0 && (word as number) < 2 ** 32;
  if (!Array.isArray(value) || value.length !== 4 || !value.every(isWord) || value.every((word) => word === 0)) {
    throw new CounterpoiseError('state', `${where} must be four 32-bit words, not all 0, got ${show(value)}`);
  }
  return value as unknown as RandomState;
}
