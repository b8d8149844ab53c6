import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { jaxpi } from './jaxpi.js';

const exact = { relativeEpsilon: 1e-12 };

test('by hand: mean norm over own norm, taken over whole at the first step', () => {
  const { weights } = new Balancer(jaxpi(exact)).weigh({ gradientNorms: { a: 1, b: 5 } });
  expect(weights.a).toBeCloseTo(3, 10);
  expect(weights.b).toBeCloseTo(0.6, 10);
});

test('relativeEpsilon is the 1e-5 of the mean that jaxpi adds to each norm', () => {
  const { weights } = new Balancer(jaxpi()).weigh({ gradientNorms: { a: 1, b: 5 } });
  expect(weights.a).toBeCloseTo(3 / (1 + 1e-5 * 3), 12);
});

test('an update every N steps keeps momentum of the old weight', () => {
  const balancer = new Balancer(jaxpi({ every: 3, momentum: 0.75, ...exact }));
  const seen = [1, 9, 9, 9, 1].map((a) => balancer.weigh({ gradientNorms: { a, b: 1 } }).weights.a);
  // 1 at first; then 5 / 9 at the fourth step, a quarter of the way.
  const moved = 0.75 + 0.25 * (5 / 9);
  for (const [i, expected] of [1, 1, 1, moved, moved].entries()) expect(seen[i]).toBeCloseTo(expected, 10);
});

test('a zero gradient keeps its weight, has 1 / K before the first, and is tried again at the next step', () => {
  const balancer = new Balancer(jaxpi({ every: 1, momentum: 0, ...exact }));
  const { weights, reasons } = balancer.weigh({ gradientNorms: { a: 0, b: 2 } });
  expect(weights.a).toBe(0.5);
  expect(reasons.a?.code).toBe('no-scale');
  expect(weights.b).toBeCloseTo(0.5, 10);
  expect(balancer.weigh({ gradientNorms: { a: 2, b: 2 } }).weights.a).toBeCloseTo(1, 10);
  expect(balancer.weigh({ gradientNorms: { a: 0, b: 2 } }).weights.a).toBeCloseTo(1, 10);
});

test('the count to the next update is per task: absence does not move it', () => {
  const balancer = new Balancer(jaxpi({ every: 2, momentum: 0, ...exact }), { tasks: ['a', 'b'] });
  balancer.weigh({ gradientNorms: { a: 1, b: 1 } });
  balancer.weigh({ gradientNorms: { a: 1, b: 1 }, mask: { b: false } });
  const { weights } = balancer.weigh({ gradientNorms: { a: 1, b: 3 } });
  expect(weights.a).toBeCloseTo(2, 10);
  expect(weights.b).toBeCloseTo(1, 10);
});

test('any scale, and bad states by name', () => {
  const { weights } = new Balancer(jaxpi()).weigh({ gradientNorms: { a: 1e300, b: 1e-300 } });
  expect(weights.b).toBeCloseTo(1e5, 4);
  expect(() => jaxpi().restore(['a'], [{ weight: 1, wait: -1 }])).toThrow(
    '"state" of loss "a".wait must be an integer of at least 0, got -1',
  );
});
