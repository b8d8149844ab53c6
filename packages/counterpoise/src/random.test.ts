import { expect, test } from 'vitest';
import { Random, restoreRandom, seeded } from './random.js';

test('xoshiro128** from the words 1, 2, 3, 4, as its authors print it', () => {
  const random = new Random([1, 2, 3, 4]);
  expect([random.next(), random.next(), random.next(), random.next()]).toEqual([11520, 0, 5927040, 70819200]);
});

test('a state goes on where it stopped', () => {
  const random = new Random(seeded(7));
  random.normal();
  const copy = new Random(restoreRandom(JSON.parse(JSON.stringify(random.state)), 'state'));
  expect([copy.normal(), copy.permutation(9)]).toEqual([random.normal(), random.permutation(9)]);
});

test('seeds differ', () => {
  expect(new Set([0, 1, 2, 2 ** 32 - 1].map((seed) => String(seeded(seed)))).size).toBe(4);
});

test('mean and variance of the normal', () => {
  const random = new Random(seeded(1));
  const draws = Array.from({ length: 20000 }, () => random.normal());
  const mean = draws.reduce((a, b) => a + b) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(draws.reduce((a, b) => a + b * b, 0) / draws.length - 1)).toBeLessThan(0.05);
});

test.each([[[0, 0, 0, 0]], [[1, 2, 3]], ['x'], [[1, 2, 3, -4]]])('%j is no state', (bad) => {
  expect(() => restoreRandom(bad, '"state"')).toThrow('"state" must be four 32-bit words');
});
