import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { pinnAnnealing } from './pinn-annealing.js';

test('by hand, norms: the reference weighs 1, the others have its length, then a share alpha of each new ratio', () => {
  const balancer = new Balancer(pinnAnnealing({ every: 1, alpha: 0.25 }));
  const first = balancer.weigh({ gradientNorms: { residual: 6, wall: 2, data: 12 } }).weights;
  expect(first).toEqual({ residual: 1, wall: 3, data: 0.5 });
  const second = balancer.weigh({ gradientNorms: { residual: 8, wall: 8, data: 4 } }).weights;
  expect(second.residual).toBe(1);
  expect(second.wall).toBeCloseTo(2.5, 14);
  expect(second.data).toBeCloseTo(0.875, 14);
});

test('by hand, the statistic of the paper: largest entry of the reference over mean entry', () => {
  const method = pinnAnnealing({ statistic: 'max-mean', reference: 'b' });
  expect(method.needs).toEqual(['gradientMax', 'gradientMean']);
  const { weights } = new Balancer(method).weigh({ gradientMax: { a: 9, b: 5 }, gradientMean: { a: 0.5, b: 1 } });
  expect(weights).toEqual({ a: 10, b: 1 });
});

test('every 10 steps, with a tenth of the new ratio', () => {
  const balancer = new Balancer(pinnAnnealing());
  const weights = Array.from({ length: 11 }, (_, step) => {
    const gradientNorms = { residual: step === 0 ? 1 : 11, wall: 1 };
    return balancer.weigh({ gradientNorms }).weights.wall;
  });
  expect(weights.slice(0, 10)).toEqual(new Array(10).fill(1));
  expect(weights[10]).toBeCloseTo(2, 14);
});

test('without a gradient of the reference or of its own a weight stays', () => {
  const balancer = new Balancer(pinnAnnealing({ reference: 'r', every: 1 }), { tasks: ['a', 'r'] });
  const early = balancer.weigh({ gradientNorms: { a: 1, r: 0 } });
  expect(early.weights).toEqual({ a: 0.5, r: 1 });
  expect(early.reasons.a?.code).toBe('no-scale');
  expect(balancer.weigh({ gradientNorms: { a: 1, r: 4 } }).weights).toEqual({ a: 4, r: 1 });
  expect(balancer.weigh({ gradientNorms: { a: 0, r: 4 } }).weights).toEqual({ a: 4, r: 1 });
  expect(balancer.weigh({ gradientNorms: { a: 7, r: 4 }, mask: { r: false } }).weights).toEqual({ a: 4, r: 0 });
});

test('relativeEpsilon bounds the ratio', () => {
  const { weights } = new Balancer(pinnAnnealing({ relativeEpsilon: 0.01 })).weigh({
    gradientNorms: { r: 1e300, a: 1e-300 },
  });
  expect(weights.a).toBe(100);
});

test('a reference that is no loss is refused by name', () => {
  expect(() => pinnAnnealing({ reference: 'x' }).init(['a', 'b'])).toThrow(
    '"reference" names loss "x", but the losses are a, b',
  );
});
