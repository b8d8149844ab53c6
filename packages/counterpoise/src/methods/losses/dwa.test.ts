import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { dwa } from './dwa.js';

/** 2 e^(a / T) / (e^(a / T) + e^(b / T)): the weight of the task with the ratio a. */
const share = (a: number, b: number, temperature: number) => 2 / (1 + Math.exp((b - a) / temperature));

test('by hand: ratios of the means of the last two epochs; 1 in the first two', () => {
  const balancer = new Balancer(dwa());
  const run = [
    [0, 4, 10],
    [0, 6, 30],
    [1, 1, 10],
    [1, 3, 10],
  ] as const;
  for (const [epoch, a, b] of run) {
    expect(balancer.weigh({ losses: { a, b }, epoch }).weights).toEqual({ a: 1, b: 1 });
  }
  // Means 5, 20, then 2, 10: ratios 0.4 and 0.5, whatever the losses of epoch 2.
  for (const a of [7, 0]) {
    const { weights } = balancer.weigh({ losses: { a, b: 1000 }, epoch: 2 });
    expect(weights.a).toBeCloseTo(share(0.4, 0.5, 2), 14);
    expect(weights.b).toBeCloseTo(share(0.5, 0.4, 2), 14);
  }
  // Means 2, 10, then 3.5, 1000.
  expect(balancer.weigh({ losses: { a: 1, b: 1 }, epoch: 3 }).weights.a).toBeCloseTo(share(1.75, 100, 2), 14);
});

test('epochs without a task do not count for it, and a newcomer has the ratio 1', () => {
  const balancer = new Balancer(dwa({ temperature: 0.5 }), { tasks: ['a', 'b'] });
  balancer.weigh({ losses: { a: 8 }, epoch: 0 });
  balancer.weigh({ losses: { b: 1 }, epoch: 1 });
  balancer.weigh({ losses: { a: 2, b: 1 }, epoch: 2 });
  // a: 2 / 8 over epochs 2 and 0; b: 1 / 1.
  expect(balancer.weigh({ losses: { a: 5, b: 5 }, epoch: 5 }).weights.a).toBeCloseTo(share(0.25, 1, 0.5), 14);
  const late = new Balancer(dwa({ temperature: 0.5 }), { tasks: ['a', 'b'] });
  for (const [epoch, a] of [8, 2].entries()) late.weigh({ losses: { a }, epoch });
  expect(late.weigh({ losses: { a: 1, b: 7 }, epoch: 2 }).weights.a).toBeCloseTo(share(0.25, 1, 0.5), 14);
});

test('an epoch of zeros, and means whose ratio is no double, give finite weights', () => {
  const balancer = new Balancer(dwa({ temperature: 0.1 }));
  balancer.weigh({ losses: { a: 0, b: 1e-300 }, epoch: 0 });
  balancer.weigh({ losses: { a: 3, b: 1e300 }, epoch: 1 });
  const { weights } = balancer.weigh({ losses: { a: 1, b: 1 }, epoch: 2 });
  expect(weights.a).toBeLessThan(1e-300);
  expect(weights.b).toBe(2);
  // a: 1 / 3, b: 1 / 1e300.
  expect(balancer.weigh({ losses: { a: 1, b: 1 }, epoch: 3 }).weights.a).toBeCloseTo(share(1 / 3, 0, 0.1), 12);
});

test('with a window: two neighbouring windows up to now, no epoch', () => {
  const method = dwa({ window: 2 });
  expect(method.needs).toEqual(['losses']);
  const balancer = new Balancer(method);
  for (const a of [2, 4, 1]) expect(balancer.weigh({ losses: { a, b: 1 } }).weights).toEqual({ a: 1, b: 1 });
  // Means of 2, 4 and of 1, 5: 3 and 3. Then of 4, 1 and of 5, 15: 2.5 and 10.
  expect(balancer.weigh({ losses: { a: 5, b: 1 } }).weights).toEqual({ a: 1, b: 1 });
  expect(balancer.weigh({ losses: { a: 15, b: 1 } }).weights.a).toBeCloseTo(share(4, 1, 2), 14);
});

test('without a window it asks for the epoch, which must not fall', () => {
  const balancer = new Balancer(dwa(), { tasks: ['a'] });
  const noEpoch = JSON.parse('{"losses":{"a":1}}');
  expect(() => balancer.weigh(noEpoch)).toThrow('dwa needs "epoch" in the evidence, got undefined');
  balancer.weigh({ losses: { a: 1 }, epoch: 3 });
  const before = balancer.state();
  expect(() => balancer.weigh({ losses: { a: 1 }, epoch: 2 })).toThrow('"epoch" must not fall: it was 3, got 2');
  expect(balancer.state()).toStrictEqual(before);
});

test('states that it could not have written are refused', () => {
  const epochs = { epoch: 1, count: 1, mean: 2, last: null, before: null };
  expect(dwa().restore(['a'], [epochs]).memory).toEqual([epochs]);
  expect(() => dwa().restore(['a'], [{ ...epochs, last: -1 }])).toThrow('"state" of loss "a".last must be');
  expect(() => dwa().restore(['a', 'b'], [epochs])).toThrow('"state" must be a list with one entry per loss (2)');
  expect(() => dwa({ window: 1 }).restore(['a'], [[1, 2, 3]])).toThrow('must be a list of at most 2 items');
  expect(() => dwa({ window: 0 })).toThrow('"window" must be an integer in [1, inf), got 0');
});
