import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Method } from '../../method.js';
import { initialLoss } from './initial-loss.js';
import { runningMean } from './running-mean.js';
import { runningQuantile } from './running-quantile.js';
import { runningRms } from './running-rms.js';
import { zScore } from './z-score.js';

/** Weights of the only task, step by step; `null` where the scale is not known yet. */
function weights(method: Method, losses: readonly (number | undefined)[]): (number | null)[] {
  const balancer = new Balancer(method, { tasks: ['a'] });
  return losses.map((a) => {
    const { weights, reasons } = balancer.weigh({ losses: { a } });
    return reasons.a?.code === 'no-scale' ? null : weights.a!;
  });
}

test('running-mean by hand: 8, (8 + 2) / 2, (8 + 2 + 5) / 3; absent steps and warm-up do not count', () => {
  expect(weights(runningMean(), [8, 2, 5])).toEqual([1 / 8, 1 / 5, 1 / 5]);
  expect(weights(runningMean({ warmup: 1 }), [800, undefined, 8, 2])).toEqual([null, 0, 1 / 8, 1 / 5]);
});

test('running-quantile by hand: the median of the window, and another quantile', () => {
  expect(weights(runningQuantile({ window: 3 }), [4, 2, 1e9, 8, 8])).toEqual([1 / 4, 1 / 3, 1 / 4, 1 / 8, 1 / 8]);
  expect(weights(runningQuantile({ window: 3, quantile: 0 }), [4, 2, 5, 5, 5])).toEqual([
    1 / 4,
    1 / 2,
    1 / 2,
    1 / 2,
    1 / 5,
  ]);
});

test('running-rms by hand: sqrt((9 + 1) / 2), and beta 0.5: sqrt((0.5 * 9 + 1) / 1.5)', () => {
  const [first, second] = weights(runningRms(), [-3, 1]);
  expect(first).toBe(1 / 3);
  expect(second).toBeCloseTo(1 / Math.sqrt(5), 14);
  expect(weights(runningRms({ beta: 0.5 }), [3, -1])[1]).toBeCloseTo(1 / Math.sqrt(5.5 / 1.5), 14);
});

test('z-score by hand: two losses 2 and 6 have deviation 2; 2, 6, 4 have sqrt(8 / 3); the first its size', () => {
  const [first, second, third] = weights(zScore(), [2, 6, 4]);
  expect(first).toBe(1 / 2);
  expect(second).toBeCloseTo(1 / 2, 14);
  expect(third).toBeCloseTo(1 / Math.sqrt(8 / 3), 14);
  // beta 0.5, weights 1/3 and 2/3: mean 14/3, variance 32/9.
  expect(weights(zScore({ beta: 0.5 }), [2, 6])[1]).toBeCloseTo(1 / Math.sqrt(32 / 9), 14);
});

test('z-score: the floor is a share of |mean|, also of a negative one; a constant 0 has no scale', () => {
  expect(weights(zScore({ floor: 0.25 }), [-8, -8])[1]).toBe(1 / 2);
  expect(weights(zScore({ floor: 0 }), [-8, -8])[1]).toBeNull();
  expect(weights(zScore(), [0, -0, 0])).toEqual([null, null, null]);
});

test('initial-loss by hand: frozen after the first, or after the mean of two; zeros are passed over', () => {
  expect(weights(initialLoss(), [4, 100, 1])).toEqual([1 / 4, 1 / 4, 1 / 4]);
  expect(weights(initialLoss({ steps: 2 }), [4, 8, 1])).toEqual([1 / 4, 1 / 6, 1 / 6]);
  expect(weights(initialLoss(), [0, 5, 1])).toEqual([null, 1 / 5, 1 / 5]);
});

test('rms and deviation agree with two passes over the weighted losses, and from 1e-300 to 1e300 stay finite', () => {
  const run = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(run, fc.constantFrom(1, 0.9, 0.3), (losses, beta) => {
      const last = losses.length - 1;
      const ages = losses.map((_, i) => beta ** (last - i));
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value, i) => sum + value * ages[i]!, 0) / ages.reduce((a, b) => a + b);
      const center = mean(losses);
      const rms = Math.sqrt(mean(losses.map((x) => x * x)));
      const deviation = Math.sqrt(mean(losses.map((x) => (x - center) ** 2)));
      const largest = Math.max(...losses.map(Math.abs));
      const close = (weight: number | null, scale: number) => {
        if (scale > 1e-6 * largest && scale > 1e-20) expect(weight! * scale).toBeCloseTo(1, 8);
      };
      close(weights(runningRms({ beta }), losses)[last]!, rms);
      close(weights(zScore({ beta, floor: 0 }), losses)[last]!, deviation);
    }),
    { seed: 3, numRuns: 200 },
  );
  for (const method of [
    runningRms({ epsilon: 1e-300 }),
    zScore({ epsilon: 1e-300 }),
    runningMean({ absolute: true, epsilon: 1e-300 }),
  ]) {
    for (const unit of [1e-300, 1e300]) {
      const [, second] = weights(method, [-3 * unit, unit]);
      expect(second! * unit).toBeGreaterThan(0.1);
      expect(second! * unit).toBeLessThan(2);
    }
  }
});

test('fixed: a loss that is not measured keeps its own weight, in any mode', () => {
  const method = runningMean({ fixed: { entropy: -0.5 }, absolute: true });
  const balancer = new Balancer(method, { priorities: { entropy: 3 } });
  expect(balancer.weigh({ losses: { value: 1e4, entropy: -2 } }).weights).toEqual({ value: 1e-4, entropy: -1.5 });
  expect(balancer.state().state).toEqual([
    { seen: 1, statistic: { count: 1, mean: 1e4 } },
    { seen: 0, statistic: { count: 0, mean: 0 } },
  ]);
  const halved = new Balancer(runningRms({ fixed: { entropy: 1 }, reduction: 'mean' }));
  expect(halved.weigh({ losses: { value: 4, entropy: -7 } }).weights).toEqual({ value: 1 / 8, entropy: 1 / 2 });
  expect(new Balancer(runningRms({ fixed: 2 })).weigh({ losses: { a: 5, b: -1 } }).weights).toEqual({ a: 2, b: 2 });
  expect(() => runningMean({ fixed: { entropy: 1 } }).init(['a'])).toThrow('"fixed" names loss "entropy"');
});

test.each<[string, Method, unknown]>([
  ['mean', runningMean(), { count: 1, mean: -1 }],
  ['mean', initialLoss(), { count: 0.5, mean: 1 }],
  ['rms', runningRms(), { rms: null, filled: 1 }],
  ['z-score', zScore(), { mean: 0, deviation: -1, filled: 2 }],
  ['quantile', runningQuantile({ window: 1 }), [1, 2]],
])('%s refuses a damaged memory', (_, method, statistic) => {
  expect(() => method.restore(['a'], [{ seen: 1, statistic }])).toThrow('"state" of loss "a".statistic');
});

test.each<[string, () => Method]>([
  ['"quantile" must be in [0, 1], got 2', () => runningQuantile({ quantile: 2 })],
  ['"beta" must be in (0, 1], got 0', () => runningRms({ beta: 0 })],
  ['"floor" must be in [0, inf), got -1', () => zScore({ floor: -1 })],
  ['"steps" must be an integer in [1, inf), got 0', () => initialLoss({ steps: 0 })],
  ['running-rms has no option "absolute"', () => runningRms(JSON.parse('{"absolute": true}'))],
])('refused: %s', (message, create) => {
  expect(create).toThrow(message);
});
