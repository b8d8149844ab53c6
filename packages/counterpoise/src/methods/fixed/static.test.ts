import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { mean } from './mean.js';
import { type StaticOptions, staticWeights } from './static.js';
import { sum } from './sum.js';

const losses = { class: 2, box: 300 };

test('sum, mean and static by hand, with priorities', () => {
  const priorities = { box: 2 };
  expect(new Balancer(sum(), { priorities }).weigh({ losses })).toMatchObject({
    weights: { class: 1, box: 2 },
    total: 602,
  });
  expect(new Balancer(mean(), { priorities }).weigh({ losses }).weights).toEqual({ class: 0.5, box: 1 });
  const fixed = staticWeights({ weights: { class: 1, box: 0.01 } });
  expect(new Balancer(fixed, { priorities }).weigh({ losses }).weights).toEqual({ class: 1, box: 0.02 });
});

test('a held back loss still counts in the mean, an absent one does not', () => {
  const balancer = new Balancer(mean(), { tasks: ['class', 'box'] });
  expect(balancer.weigh({ losses: { class: 2, box: Number.NaN } }).weights).toEqual({ class: 0.5, box: 0 });
  expect(balancer.weigh({ losses: { class: 2 } }).weights).toEqual({ class: 1, box: 0 });
});

test('static weights may be negative, for a term to be raised', () => {
  const method = staticWeights({ weights: { policy: 1, entropy: -0.01 } });
  expect(new Balancer(method).weigh({ losses: { policy: 0.5, entropy: 1 } }).total).toBe(0.49);
});

test('static needs a weight for every loss, and no other', () => {
  expect(() => staticWeights({ weights: { a: 1 } }).init(['a', 'b'])).toThrow('"weights" has no value for loss "b"');
  expect(() => staticWeights({ weights: { a: 1, c: 1 } }).init(['a'])).toThrow(
    '"weights" names loss "c", but the losses are a',
  );
  expect(() => staticWeights(JSON.parse('{}') as StaticOptions)).toThrow('static needs the option "weights"');
  expect(() => staticWeights({ weights: { a: Number.NaN } })).toThrow(
    '"weights" of loss "a" must be in (-inf, inf), got NaN',
  );
});
