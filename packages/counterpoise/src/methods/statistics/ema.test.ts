import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { ema } from './ema.js';

test('by hand: beta 0.5, corrected means 8, (0.25 * 8 + 0.5 * 2) / 0.75 = 4', () => {
  const balancer = new Balancer(ema({ beta: 0.5, epsilon: 1e-300 }), { tasks: ['a'] });
  expect(balancer.weigh({ losses: { a: 8 } }).weights.a).toBe(1 / 8);
  expect(balancer.weigh({ losses: { a: 2 } }).weights.a).toBeCloseTo(1 / 4, 14);
});

test('the correction counts the updates of each task, not the steps', () => {
  const balancer = new Balancer(ema({ beta: 0.9, epsilon: 1e-300 }), { tasks: ['a', 'b'] });
  for (let step = 0; step < 5; step++) balancer.weigh({ losses: { a: 3 } });
  expect(balancer.weigh({ losses: { a: 3, b: 7 } }).weights).toEqual({ a: 1 / 3, b: 1 / 7 });
});

test('epsilon is added to the mean, relativeEpsilon as a share of the largest mean', () => {
  const losses = { a: 1, b: 7 };
  expect(new Balancer(ema({ epsilon: 1 })).weigh({ losses }).weights).toEqual({ a: 1 / 2, b: 1 / 8 });
  expect(new Balancer(ema({ relativeEpsilon: 1 })).weigh({ losses }).weights).toEqual({ a: 1 / 8, b: 1 / 14 });
});

test('includeCurrent false: the first weight is priority / K', () => {
  const balancer = new Balancer(ema({ includeCurrent: false, epsilon: 1e-300 }), { tasks: ['a', 'b'] });
  expect(balancer.weigh({ losses: { a: 4, b: 100 } }).weights).toEqual({ a: 0.5, b: 0.5 });
  expect(balancer.weigh({ losses: { a: 1, b: 1 } }).weights).toEqual({ a: 1 / 4, b: 1 / 100 });
});

test('a zero is a record like any other', () => {
  const balancer = new Balancer(ema({ beta: 0.5, epsilon: 1e-300 }), { tasks: ['a'] });
  expect(balancer.weigh({ losses: { a: 0 } }).reasons.a?.code).toBe('no-scale');
  // (0.25 * 0 + 0.5 * 3) / 0.75 = 2
  expect(balancer.weigh({ losses: { a: 3 } }).weights.a).toBeCloseTo(1 / 2, 14);
});

test('beta must leave room for the new loss', () => {
  expect(() => ema({ beta: 1 })).toThrow('"beta" must be in [0, 1), got 1');
});
