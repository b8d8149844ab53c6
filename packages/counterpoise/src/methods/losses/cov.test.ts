import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { cov } from './cov.js';

test('by hand: 1 / K twice, then sigma / mu of the ratios to the mean before', () => {
  const balancer = new Balancer(cov(), { tasks: ['a', 'b'] });
  expect(balancer.weigh({ losses: { a: 2, b: 100 } }).weights).toEqual({ a: 0.5, b: 0.5 });
  expect(balancer.weigh({ losses: { a: 6, b: 50 } }).weights).toEqual({ a: 0.5, b: 0.5 });
  // Ratios 1, 6 / 2 and 1, 50 / 100: means 2 and 0.75, variances 1 and 0.0625.
  const a = Math.sqrt(1 + 1e-8) / 2;
  const b = Math.sqrt(0.0625 + 1e-8) / 0.75;
  const third = balancer.weigh({ losses: { a: 2, b: 30 } });
  expect(third.weights.a).toBeCloseTo(a / (a + b), 14);
  expect(third.weights.b).toBeCloseTo(b / (a + b), 14);
  // Ratios 1, 3, 2 / 4 and 1, 0.5, 30 / 75.
  const spread = (values: readonly number[]) => {
    const mean = values.reduce((x, y) => x + y) / values.length;
    return Math.sqrt(values.reduce((x, y) => x + (y - mean) ** 2, 0) / values.length + 1e-8) / mean;
  };
  const [c, d] = [spread([1, 3, 0.5]), spread([1, 0.5, 0.4])];
  expect(balancer.weigh({ losses: { a: 1, b: 1 } }).weights.a).toBeCloseTo(c / (c + d), 13);
});

test('with decay: means with the share d of the old, squares over all steps', () => {
  const balancer = new Balancer(cov({ decay: 0.75 }), { tasks: ['a', 'b'] });
  balancer.weigh({ losses: { a: 2, b: 1 } });
  balancer.weigh({ losses: { a: 6, b: 1 } });
  // Ratios 1 and 3: mean 0.75 + 0.75 = 1.5, squares (3 - 1)(3 - 1.5) = 3; those of b are constant.
  const a = Math.sqrt(3 / 2 + 1e-8) / 1.5;
  expect(balancer.weigh({ losses: { a: 6, b: 1 } }).weights.a).toBeCloseTo(a / (a + 1e-4), 12);
  // The mean of the losses was 0.75 * 2 + 0.25 * 6 = 3, the ratio 2: mean 1.625, squares 3 + 0.5 * 0.375.
  const next = Math.sqrt(3.1875 / 3 + 1e-8) / 1.625;
  expect(balancer.weigh({ losses: { a: 6, b: 1 } }).weights.a).toBeCloseTo(next / (next + 1e-4), 12);
});

test('the counts are per task: a newcomer weighs 1 / K, the others share the rest', () => {
  const balancer = new Balancer(cov(), { tasks: ['a', 'b', 'c'] });
  for (const a of [2, 6]) balancer.weigh({ losses: { a, b: a } });
  const { weights } = balancer.weigh({ losses: { a: 2, b: 2, c: 9 } });
  for (const weight of Object.values(weights)) expect(weight).toBeCloseTo(1 / 3, 14);
});

test('losses that never change, zeros and jumps across the doubles give finite weights', () => {
  const balancer = new Balancer(cov());
  for (let step = 0; step < 4; step++) {
    expect(balancer.weigh({ losses: { a: 5, b: 0 } }).weights).toEqual({ a: 0.5, b: 0.5 });
  }
  const wild = new Balancer(cov({ decay: 0.5 }));
  for (const a of [1e-300, 1e300, 0, 1e300, 0, 0, 1]) {
    const { weights } = wild.weigh({ losses: { a, b: 1 } });
    expect(weights.a! + weights.b!).toBeCloseTo(1, 12);
  }
});

test('states that it could not have written are refused', () => {
  const restore = (json: string) => cov().restore(['a'], JSON.parse(json));
  expect(() => restore('[{"count":1.5,"loss":1,"ratio":1,"squares":0}]')).toThrow('.count must be an integer');
  expect(() => restore('[{"count":1,"loss":1,"ratio":1,"squares":-1}]')).toThrow('.squares must be a finite number');
  expect(() => cov({ decay: 1 })).toThrow('"decay" must be in (0, 1), got 1');
});
