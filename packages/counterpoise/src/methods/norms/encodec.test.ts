import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { encodec } from './encodec.js';

test('by hand: shares of a gradient of length R', () => {
  const balancer = new Balancer(encodec({ preference: { a: 2, b: 1 }, totalNorm: 6, beta: 0 }));
  const { weights } = balancer.weigh({ gradientNorms: { a: 8, b: 0.5 } });
  expect(weights.a! * 8).toBeCloseTo(4, 10);
  expect(weights.b! * 0.5).toBeCloseTo(2, 10);
});

test('the mean of audiocraft: sum of beta^i norms over sum of beta^i', () => {
  const balancer = new Balancer(encodec({ beta: 0.999 }));
  let total = 0;
  let fix = 0;
  for (const norm of [3, 5, 0.25, 40]) {
    total = 0.999 * total + norm;
    fix = 0.999 * fix + 1;
    const { weights } = balancer.weigh({ gradientNorms: { a: norm, b: 7 } });
    expect(weights.a).toBeCloseTo(0.5 / (1e-12 + total / fix), 12);
  }
});

test('epsilon is added to the mean norm', () => {
  const { weights } = new Balancer(encodec({ epsilon: 1 })).weigh({ gradientNorms: { a: 3 } });
  expect(weights.a).toBe(0.25);
});

test('shares are of the tasks of the step; a preference of 0 and a gradient of 0 harm nobody', () => {
  const balancer = new Balancer(encodec({ preference: { a: 1, b: 3, c: 0 } }), { tasks: ['a', 'b', 'c'] });
  const gradientNorms = { a: 1, b: 1, c: 0 };
  const { weights } = balancer.weigh({ gradientNorms });
  expect(weights.a).toBeCloseTo(0.25, 10);
  expect(weights.c).toBe(0);
  expect(balancer.weigh({ gradientNorms, mask: { b: false } }).weights.a).toBeCloseTo(1, 10);
  const dead = new Balancer(encodec()).weigh({ gradientNorms: { a: 0, b: 2 } });
  expect(dead.weights.a).toBe(0.5);
  expect(dead.weights.b).toBeCloseTo(0.25, 10);
  expect(dead.reasons.a?.code).toBe('no-scale');
});

test('a bad state is refused by name', () => {
  expect(() => encodec().restore(['a'], [{ mean: -1, filled: 1 }])).toThrow(
    '"state" of loss "a".mean must be a finite number of at least 0, got -1',
  );
});
