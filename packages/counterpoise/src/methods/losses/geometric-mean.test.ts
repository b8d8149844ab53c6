import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { geometricMean } from './geometric-mean.js';

test('by hand: sizes 2 and 8 have the mean 4, so w = 4 / (2 * 2) and 4 / (2 * 8)', () => {
  const balancer = new Balancer(geometricMean({ lowerBound: { a: -1 }, epsilon: 1 }), { priorities: { b: 3 } });
  const { weights } = balancer.weigh({ losses: { a: 0, b: 7 } });
  expect(weights.a).toBeCloseTo(1, 14);
  expect(weights.b).toBeCloseTo(3 * 0.25, 14);
});

test('is the derivative of the geometric mean', () => {
  const value = (a: number, b: number, c: number) => Math.cbrt(a * b * c);
  const { weights } = new Balancer(geometricMean()).weigh({ losses: { a: 0.3, b: 40, c: 2 } });
  const h = 1e-6;
  expect(weights.a! / ((value(0.3 + h, 40, 2) - value(0.3 - h, 40, 2)) / (2 * h))).toBeCloseTo(1, 8);
  expect(weights.c! / ((value(0.3, 40, 2 + h) - value(0.3, 40, 2 - h)) / (2 * h))).toBeCloseTo(1, 8);
});

test('a loss of 0 does not stop the others: they weigh as without it, it weighs 1 / K', () => {
  const { weights, reasons } = new Balancer(geometricMean()).weigh({ losses: { a: 2, zero: 0, b: 8 } });
  const without = new Balancer(geometricMean()).weigh({ losses: { a: 2, b: 8 } }).weights;
  expect(weights).toEqual({ ...without, zero: 1 / 3 });
  expect(reasons.zero?.code).toBe('no-scale');
  expect(new Balancer(geometricMean()).weigh({ losses: { a: 0, b: 0 } }).weights).toEqual({ a: 0.5, b: 0.5 });
});

test('a hundred losses whose product is no double', () => {
  const losses = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`t${i}`, i < 50 ? 1e-290 : 4e-290]));
  const { weights } = new Balancer(geometricMean()).weigh({ losses });
  expect(weights.t0).toBeCloseTo(2 / 100, 12);
  expect(weights.t99).toBeCloseTo(0.5 / 100, 12);
});

test('losses at both ends of the doubles have finite weights', () => {
  const { weights, total } = new Balancer(geometricMean()).weigh({ losses: { a: 1e-300, b: 1e300, c: 1e300 } });
  expect(weights.a).toBeCloseTo(Math.exp(700) / 3, -290);
  expect(total / 1e100).toBeCloseTo(2 / 3, 10);
});

test('negative losses and a negative epsilon are refused', () => {
  expect(() => new Balancer(geometricMean()).weigh({ losses: { a: -1 } })).toThrow(
    'loss "a" must be at least 0 for geometric-mean, got -1; for a signed loss set "lowerBound"',
  );
  expect(() => geometricMean({ epsilon: -1 })).toThrow('"epsilon" must be in [0, inf), got -1');
});
