import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { selfBalance } from './self-balance.js';

test('by hand: every term has the value of the reference, the first loss or the one named', () => {
  const losses = { class: 2, box: 500 };
  const first = new Balancer(selfBalance(), { priorities: { box: 3 } }).weigh({ losses });
  expect(first.weights).toEqual({ class: 1, box: 3 * (2 / 500) });
  expect(first.terms).toEqual({ class: 2, box: 6 });
  expect(new Balancer(selfBalance({ reference: 'box' })).weigh({ losses }).weights).toEqual({ class: 250, box: 1 });
});

test('without its named reference the smallest positive loss stands in, with a reason', () => {
  const balancer = new Balancer(selfBalance({ reference: 'class' }), { tasks: ['class', 'box', 'mask'] });
  const missing = balancer.weigh({ losses: { box: 500, mask: 10 } });
  expect(missing.weights).toEqual({ class: 0, box: 10 / 500, mask: 1 });
  expect(missing.reasons.box).toEqual({
    code: 'fallback',
    message: '"reference" "class" is absent or 0: scaled to the smallest loss, 10, instead',
  });
  const zero = balancer.weigh({ losses: { class: 0, box: 500, mask: 10 } });
  expect(zero.weights).toEqual({ class: 1 / 3, box: 10 / 500, mask: 1 });
  expect(zero.reasons.class?.code).toBe('no-scale');
  expect(balancer.weigh({ losses: { class: 0, box: 0, mask: 0 } }).total).toBe(0);
});

test('without a name the first positive loss of the step is the reference', () => {
  const balancer = new Balancer(selfBalance(), { tasks: ['class', 'box', 'mask'] });
  expect(balancer.weigh({ losses: { class: 0, box: 500, mask: 10 } })).toMatchObject({
    weights: { class: 1 / 3, box: 1, mask: 50 },
    reasons: { class: { code: 'no-scale' } },
  });
});

test('a ratio beyond the largest number is cut off', () => {
  const { weights, terms } = new Balancer(selfBalance()).weigh({ losses: { a: 1e300, b: 1e-300 } });
  expect(weights).toEqual({ a: 1, b: 1e300 });
  expect(terms.b).toBe(1);
});

test('the reference must be one of the losses, and losses must not be negative', () => {
  expect(() => selfBalance({ reference: 'c' }).init(['a', 'b'])).toThrow('"reference" names loss "c"');
  expect(() => new Balancer(selfBalance()).weigh({ losses: { a: -1 } })).toThrow('must be at least 0 for self-balance');
});
