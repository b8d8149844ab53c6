import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { logSum } from './log-sum.js';

test('by hand: w = gamma / (L - b + epsilon)', () => {
  const balancer = new Balancer(logSum({ lowerBound: { a: -2 }, epsilon: 1 }), { priorities: { b: 3 } });
  expect(balancer.weigh({ losses: { a: -1, b: 5 } }).weights).toEqual({ a: 1 / 2, b: 3 / 6 });
});

test('is the derivative of sum log(L - b + epsilon)', () => {
  const objective = (L: number) => Math.log(L + 2 + 1e-3);
  const balancer = new Balancer(logSum({ lowerBound: -2, epsilon: 1e-3 }), { tasks: ['a'] });
  for (const a of [-1.9, 0.3, 40]) {
    const h = 1e-5;
    const slope = (objective(a + h) - objective(a - h)) / (2 * h);
    expect(balancer.weigh({ losses: { a } }).weights.a! / slope).toBeCloseTo(1, 6);
  }
});

test('at the lower bound the weight is gamma / epsilon, and below it the loss is refused', () => {
  const balancer = new Balancer(logSum(), { tasks: ['a'] });
  expect(balancer.weigh({ losses: { a: 0 } }).weights.a).toBe(1 / 1e-8);
  expect(() => balancer.weigh({ losses: { a: -1 } })).toThrow(
    'loss "a" must be at least 0 for log-sum, got -1; for a signed loss set "lowerBound"',
  );
});
