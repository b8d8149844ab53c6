import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { normEqualize } from './norm-equalize.js';

const weigh = (gradientNorms: Record<string, number>, options = {}) =>
  new Balancer(normEqualize({ beta: 0, ...options })).weigh({ gradientNorms });

test('by hand: all weighted gradients are equally long, and the weights add up to K', () => {
  const { weights } = weigh({ a: 1, b: 2, c: 4 });
  expect(weights.a).toBeCloseTo(12 / 7, 14);
  expect(weights.b).toBeCloseTo(6 / 7, 14);
  expect(weights.c).toBeCloseTo(3 / 7, 14);
});

test('beta: the bias-corrected mean of the norms', () => {
  const balancer = new Balancer(normEqualize({ beta: 0.5 }));
  balancer.weigh({ gradientNorms: { a: 1, b: 1 } });
  // (1 + 2 * 4) / 3 = 3 against 1.
  const { weights } = balancer.weigh({ gradientNorms: { a: 4, b: 1 } });
  expect(weights.a).toBeCloseTo(0.5, 14);
  expect(weights.b).toBeCloseTo(1.5, 14);
});

test('beta 0 is the norm of this step, whatever came before', () => {
  const balancer = new Balancer(normEqualize({ beta: 0 }));
  balancer.weigh({ gradientNorms: { a: 1e20, b: 1 } });
  expect(balancer.weigh({ gradientNorms: { a: 1, b: 1 } }).weights).toEqual({ a: 1, b: 1 });
});

test('a gradient of 0 takes no part in the sum of the others', () => {
  const { weights, reasons } = weigh({ a: 1, b: 0, c: 3 });
  expect(weights.a).toBeCloseTo(1.5, 14);
  expect(weights.c).toBeCloseTo(0.5, 14);
  expect(weights.b).toBe(1 / 3);
  expect(reasons.b?.code).toBe('no-scale');
  expect(weigh({ a: 0 }).weights).toEqual({ a: 1 });
});

test('relativeEpsilon keeps a vanishing gradient from slowing the others down', () => {
  expect(weigh({ a: 1e-9, b: 1 }).weights.b).toBeCloseTo(2e-9, 15);
  expect(weigh({ a: 1e-9, b: 1 }, { relativeEpsilon: 0.25 }).weights).toEqual({ a: 1.6, b: 0.4 });
});

test('any scale', () => {
  for (const unit of [1e-300, 1e300]) {
    const { weights } = weigh({ a: unit, b: 3 * unit });
    expect(weights.a).toBeCloseTo(1.5, 14);
    expect(weights.b).toBeCloseTo(0.5, 14);
  }
  expect(weigh({ a: 1e-300, b: 1e300 }).weights).toEqual({ a: 2, b: 0 });
});

test('the norms may come from a Gramian, and a bad state is refused by name', () => {
  const { weights } = new Balancer(normEqualize()).weigh({
    gramian: [
      [1, 0.5],
      [0.5, 9],
    ],
  } as never);
  expect(weights.t1).toBeCloseTo(1.5, 14);
  expect(() => normEqualize().restore(['a'], [{ mean: 1, filled: 2 }])).toThrow(
    '"state" of loss "a".filled must be in (0, 1], got 2',
  );
});
