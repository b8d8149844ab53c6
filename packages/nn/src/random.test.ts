import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactLog, expandSeed, fnv1a, Random, type RandomState } from './random.js';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.bits());

describe('known answers', () => {
  it('xoshiro128** gives the outputs of the reference C code from the state 1, 2, 3, 4', () => {
    const random = Random.from({ path: [0], words: [1, 2, 3, 4], spareNormal: null });
    expect(draw(random, 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('splitmix64 gives the outputs of the reference C code from 1234567', () => {
    const [a, b, c, d] = expandSeed(1234567n).map(BigInt);
    expect([(b! << 32n) | a!, (d! << 32n) | c!]).toEqual([6457827717110365317n, 3203168211198807973n]);
  });

  it('FNV-1a gives its published 64-bit vectors', () => {
    const hash = (text: string) => fnv1a(new TextEncoder().encode(text));
    expect(hash('')).toBe(0xcbf29ce484222325n);
    expect(hash('a')).toBe(0xaf63dc4c8601ec8cn);
    expect(hash('foobar')).toBe(0x85944171f73967e8n);
  });

  it('a seed keeps its stream: these numbers must never change between releases', () => {
    const random = new Random(42);
    expect([
      random.uniform(),
      random.normal(),
      random.integer(1000),
      [...random.permutation(6)],
    ]).toMatchInlineSnapshot(`
      [
        0.44504838164971705,
        1.5533173218980885,
        385,
        [
          2,
          0,
          3,
          5,
          1,
          4,
        ],
      ]
    `);
    expect(draw(random.fork('augment', 3), 2)).toMatchInlineSnapshot(`
      [
        3116355677,
        3842489758,
      ]
    `);
  });

  it('the logarithm is within two units in the last place of Math.log', () => {
    for (const x of [1, 0.5, Math.SQRT1_2, 0.7072, 0.1, 1e-5, 2 ** -105, Number.MIN_VALUE, 1 - 2 ** -53]) {
      expect(Math.abs(exactLog(x) - Math.log(x))).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(Math.log(x)));
    }
  });
});

describe('statistics', () => {
  const count = 200_000;

  it('uniform: mean 1/2, variance 1/12, flat over 64 bins, neighbours uncorrelated', () => {
    const random = new Random('uniform');
    const bins = new Array<number>(64).fill(0);
    let [sum, squares, products, previous] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      bins[Math.floor(u * 64)]!++;
      sum += u;
      squares += (u - 0.5) ** 2;
      products += (u - 0.5) * (previous - 0.5);
      previous = u;
    }
    const chiSquare = bins.reduce((total, observed) => total + (observed - count / 64) ** 2 / (count / 64), 0);
    expect(sum / count).toBeCloseTo(0.5, 2);
    expect(squares / count).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(products / count)).toBeLessThan(0.001);
    // 63 degrees of freedom: 99.99 % of all streams stay below 115.
    expect(chiSquare).toBeLessThan(115);
  });

  it('normal: mean 0, variance 1, kurtosis 3, and the right tails', () => {
    const random = new Random('normal');
    let [sum, squares, fourths, beyondTwo] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
      fourths += x ** 4;
      if (Math.abs(x) > 2) beyondTwo++;
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.015);
    expect(Math.abs(fourths / count - 3)).toBeLessThan(0.12);
    expect(Math.abs(beyondTwo / count - 0.0455)).toBeLessThan(0.003);
  });

  it('integer: every value equally often, also where 2^32 is not a multiple of n', () => {
    const random = new Random('integer');
    const n = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < count; i++) if (random.integer(n) < 2 ** 30) low++;
    // Plain modulo would put one half here instead of one third.
    expect(Math.abs(low / count - 1 / 3)).toBeLessThan(0.006);
  });

  it('permutation: all 24 orders of four equally often', () => {
    const random = new Random('orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const times of counts.values()) expect(Math.abs(times - 1000)).toBeLessThan(160);
  });
});

describe('streams', () => {
  it('the same seed gives the same numbers; other seeds, and 1 against "1", give others', () => {
    const streams = [0, 1, '1', -1, 0.5, 2 ** 53, '', '__proto__'].map((seed) => draw(new Random(seed), 4).join());
    expect(new Set(streams).size).toBe(streams.length);
    expect(draw(new Random(1), 4).join()).toBe(streams[1]);
  });

  it('a fork depends on the seed and the keys, not on what was drawn', () => {
    const used = new Random(7);
    used.normal();
    expect(draw(used.fork('a', 1), 4)).toEqual(draw(new Random(7).fork('a', 1), 4));
    expect(draw(used.fork('a').fork(1), 4)).toEqual(draw(used.fork('a', 1), 4));
    const others = [used.fork('a', '1'), used.fork('a1'), used.fork(1, 'a'), new Random(8).fork('a', 1)];
    for (const other of others) expect(draw(other, 4)).not.toEqual(draw(used.fork('a', 1), 4));
  });

  it('a fork leaves its parent where it was', () => {
    const random = new Random(7);
    const before = JSON.stringify(random.state());
    random.fork('a').normal();
    expect(JSON.stringify(random.state())).toBe(before);
  });

  it('resumes bit for bit from JSON, after any number of draws, with the second normal kept', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), fc.nat(20), (seed, draws) => {
        const random = new Random(seed);
        for (let i = 0; i < draws; i++) random.normal();
        const resumed = Random.from(JSON.parse(JSON.stringify(random.state())) as RandomState);
        const next = (from: Random) => [from.normal(), from.uniform(), from.integer(99), from.fork('x').bits()];
        expect(next(resumed)).toEqual(next(random));
      }),
    );
  });
});

describe('shuffle and permutation', () => {
  it('keep every element, in arrays and typed arrays', () => {
    const random = new Random(3);
    expect([...random.permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(random.shuffle(['a', 'b', 'c']).sort()).toEqual(['a', 'b', 'c']);
    expect(random.shuffle(Float32Array.of(1.5, 2.5)).sort()).toEqual(Float32Array.of(1.5, 2.5));
    expect(random.shuffle([])).toEqual([]);
    expect(random.permutation(0)).toEqual(new Int32Array(0));
  });
});

describe('bad input', () => {
  it('names the argument, its value and what would be right', () => {
    expect(() => new Random(Number.NaN)).toThrow('"seed" must be a finite number or a string, got NaN');
    expect(() => new Random(1).fork(Number.POSITIVE_INFINITY)).toThrow('"key" must be a finite number or a string');
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
      expect(() => new Random(1).integer(n)).toThrow(`"n" must be an integer in [1, 2^32], got ${n}`);
    }
    expect(() => new Random(1).permutation(-1)).toThrow('"n" must be an integer in [0, 2^31), got -1');
  });

  it.each([
    null,
    {},
    { path: [1], words: [0, 0, 0, 0], spareNormal: null },
    { path: [1], words: [1, 2, 3], spareNormal: null },
    { path: [1], words: [1, 2, 3, 2 ** 32], spareNormal: null },
    { path: [], words: [1, 2, 3, 4], spareNormal: null },
    { path: [1], words: [1, 2, 3, 4], spareNormal: 'x' },
  ])('refuses the state %j', (state) => {
    expect(() => Random.from(state as unknown as RandomState)).toThrow('"state" must be what Random.state() returned');
  });
});
