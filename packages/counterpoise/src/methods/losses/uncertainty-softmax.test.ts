import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { uncertaintySoftmax } from './uncertainty-softmax.js';

const weigh = (temperature: number, losses: Record<string, number>) =>
  new Balancer(uncertaintySoftmax({ temperature })).weigh({ losses }).weights;

test('by hand: inverse losses over T that are ln 3 apart share 3 : 1', () => {
  // 1 / (T L): 1 + ln 3 and 1.
  const { a, b } = weigh(0.5, { a: 2 / (1 + Math.log(3)), b: 2 });
  expect(a).toBeCloseTo(3 / 4, 14);
  expect(b).toBeCloseTo(1 / 4, 14);
});

test('the temperature has the unit 1 / loss', () => {
  const plain = weigh(3, { a: 0.2, b: 0.7 });
  const milli = weigh(3e-3, { a: 200, b: 700 });
  expect(milli.a).toBeCloseTo(plain.a!, 12);
  // Default 20: e^((1 / 0.05 - 1) / 20).
  const { a, b } = new Balancer(uncertaintySoftmax()).weigh({ losses: { a: 0.05, b: 1 } }).weights;
  expect(a! / b!).toBeCloseTo(Math.exp(19 / 20), 12);
});

test('a loss of 0 leaves the shares of the others alone', () => {
  const { zero, ...others } = weigh(1, { a: 1, zero: 0, b: 2 });
  expect(zero).toBe(1 / 3);
  expect(others).toEqual(weigh(1, { a: 1, b: 2 }));
});

test('tiny losses do not overflow', () => {
  const { c, ...equal } = weigh(1e-300, { a: 1e-300, b: 1e-300, c: 1 });
  expect(equal).toEqual({ a: 0.5, b: 0.5 });
  expect(c).toBeLessThan(1e-300);
  expect(weigh(1, { a: 1e-3, b: 1e-3 })).toEqual({ a: 0.5, b: 0.5 });
  expect(weigh(1e300, { a: 1e-300, b: 1 }).a).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
});

test('the temperature must be positive', () => {
  expect(() => uncertaintySoftmax({ temperature: 0 })).toThrow('"temperature" must be in (0, inf), got 0');
});
