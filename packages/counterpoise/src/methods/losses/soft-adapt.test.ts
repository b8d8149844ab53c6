import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { byTask, expectNear } from '../../testing/loss-oracles.js';
import { type SoftAdaptOptions, softAdapt } from './soft-adapt.js';

/** Weights after the last step of losses given step by step. */
function last(options: SoftAdaptOptions, steps: readonly (readonly number[])[]): number[] {
  const balancer = new Balancer(softAdapt(options));
  let weights: Readonly<Record<string, number>> = {};
  for (const losses of steps) ({ weights } = balancer.weigh({ losses: byTask(losses) }));
  return Object.values(weights);
}

test('by hand: equal at first, then softmax of beta times the differences', () => {
  expect(last({}, [[3, 100]])).toEqual([1 / 2, 1 / 2]);
  // Slopes 2 and 1: e^(ln 3 (2 - 1)) : 1.
  expectNear(
    last({ beta: Math.log(3) }, [
      [1, 5],
      [3, 6],
    ]),
    [3 / 4, 1 / 4],
    'beta',
  );
  expectNear(
    last({ beta: -Math.log(3) }, [
      [1, 5],
      [3, 6],
    ]),
    [1 / 4, 3 / 4],
    'minus beta',
  );
});

test('normalized: slopes over the sum of their sizes, which cannot be 0 where one is not', () => {
  const beta = 2 * Math.log(3);
  // Slopes 5 and -5 add up to 0; over 10 they are 1/2 and -1/2.
  expectNear(
    last({ variant: 'normalized', beta }, [
      [5, 10],
      [10, 5],
    ]),
    [0.9, 0.1],
    'opposite',
  );
  expect(
    last({ variant: 'normalized' }, [
      [5, 5],
      [5, 5],
    ]),
  ).toEqual([1 / 2, 1 / 2]);
  // A common unit changes nothing.
  expectNear(
    last({ variant: 'normalized', beta }, [
      [5e200, 10e200],
      [10e200, 5e200],
    ]),
    [0.9, 0.1],
    'unit',
  );
});

test('loss-weighted: the size of the mean loss is a factor', () => {
  expectNear(last({ variant: 'loss-weighted' }, [[1, 3]]), [1 / 4, 3 / 4], 'one loss');
  // Means 2 and -4 of sizes 2 and 4; slopes 2 and 0.
  expectNear(
    last({ variant: 'loss-weighted', beta: Math.log(4) / 2 }, [
      [1, -4],
      [3, -4],
    ]),
    [8 / 12, 4 / 12],
    'two',
  );
  expect(last({ variant: 'loss-weighted' }, [[0, 0]])).toEqual([1 / 2, 1 / 2]);
});

test.each([1, 2, 3, 4, 5])('order %i is exact for polynomials of that degree, at the newest loss', (order) => {
  // L = t^order at t = 0 ... order; its slope at t = order is order^order.
  const steps = Array.from({ length: order + 1 }, (_, t) => [t ** order, 0]);
  const beta = Math.log(3) / order ** order;
  expectNear(last({ order, beta }, steps), [3 / 4, 1 / 4], 'slope');
  // And it looks back no further than order + 1 losses.
  expectNear(last({ order, beta }, [[-777, 5], ...steps]), [3 / 4, 1 / 4], 'window');
});

test('order 3 has the coefficients 11/6, -3, 3/2, -1/3', () => {
  const slope = (11 / 6) * 7 - 3 * 2 + (3 / 2) * 5 - 1 / 3;
  const [a, b] = last({ order: 3 }, [
    [1, 0],
    [5, 0],
    [2, 0],
    [7, 0],
  ]);
  expect(Math.log(a! / b!)).toBeCloseTo(0.1 * slope, 12);
});

test('slopes count the losses of the task: an absent step is not a fall to 0', () => {
  const balancer = new Balancer(softAdapt({ beta: 1 }), { tasks: ['a', 'b'] });
  balancer.weigh({ losses: { a: 4, b: 9 } });
  balancer.weigh({ losses: { b: 9 } });
  expect(balancer.weigh({ losses: { a: 4, b: 9 } }).weights).toEqual({ a: 1 / 2, b: 1 / 2 });
});

test('extreme losses give weights that are positive and add up to 1', () => {
  const weights = last({}, [
    [1e300, -1e300, 0],
    [-1e300, 1e300, 1e-300],
  ]);
  expect(Math.min(...weights)).toBeGreaterThan(0);
  expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});

test('options and memory are checked', () => {
  expect(() => softAdapt({ order: 6 })).toThrow('"order" must be an integer in [1, 5], got 6');
  expect(() => softAdapt(JSON.parse('{"variant": "x"}'))).toThrow('"variant" must be one of original');
  expect(() => softAdapt().restore(['a'], [[1, 2, 3]])).toThrow(
    '"state" of loss "a" must be a list of at most 2 items',
  );
  expect(() => softAdapt().restore(['a'], [[null]])).toThrow('"state" of loss "a"[0]');
});
