import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { type RunningMaxOptions, runningMax } from './running-max.js';

/** Weights of the only task, step by step. */
function weights(options: RunningMaxOptions, losses: readonly (number | undefined)[]): (number | undefined)[] {
  const balancer = new Balancer(runningMax(options), { tasks: ['a'] });
  return losses.map((a) => balancer.weigh({ losses: { a } }).weights.a);
}

describe('the default is the rule of the forum', () => {
  test('by hand: a class loss of order 1 and a box loss of order 10^4', () => {
    const balancer = new Balancer(runningMax(), { priorities: { class: 1, box: 2 } });
    const first = balancer.weigh({ losses: { class: 4, box: 20000 } });
    expect(first.weights).toEqual({ class: 0.25, box: 2 / 20000 });
    expect(first.total).toBe(3);
    const second = balancer.weigh({ losses: { class: 2, box: 40000 } });
    expect(second.weights).toEqual({ class: 0.25, box: 2 / 40000 });
    expect(second.terms).toEqual({ class: 0.5, box: 2 });
    const third = balancer.weigh({ losses: { class: 1, box: 10000 } });
    expect(third.weights).toEqual(second.weights);
    expect(third.total).toBe(0.25 + 0.5);
    expect(balancer.state().state).toEqual([
      { seen: 3, statistic: 4 },
      { seen: 3, statistic: 40000 },
    ]);
  });

  test('every normalised loss is in [0, 1], and equals L / max exactly or to the last bit', () => {
    const loss = fc.double({ min: 1e-30, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1 }), (losses) => {
        const balancer = new Balancer(runningMax(), { tasks: ['a'] });
        let max = 0;
        for (const a of losses) {
          max = Math.max(max, a);
          const { total } = balancer.weigh({ losses: { a } });
          expect(total).toBeLessThanOrEqual(1);
          expect(Math.abs(total - a / max)).toBeLessThanOrEqual(2 ** -52 * (a / max));
        }
      }),
      { seed: 4 },
    );
  });

  test('mean divides by the tasks that are present', () => {
    const balancer = new Balancer(runningMax({ reduction: 'mean' }), { tasks: ['a', 'b'] });
    expect(balancer.weigh({ losses: { a: 4, b: 10 } })).toMatchObject({ weights: { a: 1 / 8, b: 1 / 20 }, total: 1 });
    expect(balancer.weigh({ losses: { a: 4 } }).weights).toEqual({ a: 1 / 4, b: 0 });
  });
});

describe('options', () => {
  test('decay: m <- max(decay m, L)', () => {
    expect(weights({ decay: 0.5 }, [16, 1, 1, 6, 1])).toEqual([1 / 16, 1 / 8, 1 / 4, 1 / 6, 1 / 3]);
  });

  test('window: an outlier is gone after that many losses; absent steps do not count', () => {
    expect(weights({ window: 2 }, [100, 1, undefined, 2, 1])).toEqual([1 / 100, 1 / 100, 0, 1 / 2, 1 / 2]);
  });

  test('quantile: of the window', () => {
    expect(weights({ window: 3, quantile: 0.5 }, [8, 2, 4, 4])).toEqual([1 / 8, 1 / 5, 1 / 4, 1 / 4]);
  });

  test('absolute: largest |L|, so the sign of the loss keeps its meaning', () => {
    const balancer = new Balancer(runningMax({ absolute: true }), { tasks: ['policy'] });
    expect(balancer.weigh({ losses: { policy: -4 } })).toMatchObject({ weights: { policy: 0.25 }, total: -1 });
    expect(balancer.weigh({ losses: { policy: 2 } }).total).toBe(0.5);
  });

  test('lowerBound: largest L - b, per task', () => {
    const balancer = new Balancer(runningMax({ lowerBound: { nll: -10 } }), { tasks: ['nll', 'box'] });
    expect(balancer.weigh({ losses: { nll: -6, box: 5 } }).weights).toEqual({ nll: 1 / 4, box: 1 / 5 });
    expect(() => balancer.weigh({ losses: { nll: -11, box: 5 } })).toThrow(
      'loss "nll" must be at least its "lowerBound" -10 for running-max, got -11',
    );
  });

  test('a size beyond the largest number is held back, not stored', () => {
    const balancer = new Balancer(runningMax({ lowerBound: -1e308 }), { tasks: ['a'] });
    expect(balancer.weigh({ losses: { a: 1.7e308 } }).reasons.a?.code).toBe('not-finite');
    expect(balancer.state().state).toEqual([{ seen: 0, statistic: null }]);
  });

  test('warmup: the first losses of each task are not recorded and weigh priority / K', () => {
    const balancer = new Balancer(runningMax({ warmup: 1 }), { tasks: ['a', 'b'], priorities: { a: 3 } });
    expect(balancer.weigh({ losses: { a: 1000 } }).weights).toEqual({ a: 3, b: 0 });
    const second = balancer.weigh({ losses: { a: 10, b: 5000 } });
    expect(second.weights).toEqual({ a: 3 * (1 / 10), b: 1 / 2 });
    expect(second.reasons).toEqual({ b: { code: 'no-scale', message: expect.stringContaining('priority / 2') } });
    expect(balancer.weigh({ losses: { a: 10, b: 50 } }).weights).toEqual({ a: 3 * (1 / 10), b: 1 / 50 });
  });

  test('epsilon and relativeEpsilon: floors of the denominator', () => {
    expect(weights({ epsilon: 0.5 }, [0.25, 2])).toEqual([2, 0.5]);
    const balancer = new Balancer(runningMax({ relativeEpsilon: 0.25 }), { tasks: ['a', 'b'] });
    expect(balancer.weigh({ losses: { a: 1, b: 16 } }).weights).toEqual({ a: 1 / 4, b: 1 / 16 });
  });

  test('includeCurrent false: the weight comes from the steps before', () => {
    expect(weights({ includeCurrent: false }, [4, 8, 2])).toEqual([1, 1 / 4, 1 / 8]);
  });

  test('renormalise sum-k: weights add up to the number of active tasks', () => {
    const balancer = new Balancer(runningMax({ renormalise: 'sum-k' }), { tasks: ['a', 'b'] });
    expect(balancer.weigh({ losses: { a: 1, b: 3 } }).weights).toEqual({ a: 1.5, b: 0.5 });
    expect(balancer.weigh({ losses: { b: 3 } }).weights).toEqual({ a: 0, b: 1 });
    expect(balancer.weigh({ losses: { a: 1, b: 3 }, priorities: { a: 0, b: 0 } }).weights).toEqual({ a: 0, b: 0 });
  });

  test('renormalise preserve-total: the weighted total is the plain total', () => {
    const balancer = new Balancer(runningMax({ renormalise: 'preserve-total' }), { tasks: ['a', 'b'] });
    const { weights, total } = balancer.weigh({ losses: { a: 2, b: 6 } });
    expect(total).toBe(8);
    expect(weights.a! / weights.b!).toBe(3);
  });

  test('renormalise preserve-total never turns the sign of a weight', () => {
    const method = runningMax({ renormalise: 'preserve-total', absolute: true });
    const { weights } = new Balancer(method).weigh({ losses: { a: -3, b: 1 } });
    expect(weights).toEqual({ a: 2 / 3, b: 2 });
  });

  test.each<[RunningMaxOptions, string]>([
    [{ decay: 0.9, window: 5 }, '"decay" 0.9 and "window" 5 exclude each other'],
    [{ quantile: 0.9 }, '"quantile" 0.9 needs "window"'],
    [{ absolute: true, lowerBound: { a: -1 } }, '"absolute" and "lowerBound" exclude each other'],
    [{ reduction: 'mean', renormalise: 'sum-k' }, '"reduction" mean and "renormalise" sum-k exclude each other'],
    [{ decay: 1.5 }, '"decay" must be in (0, 1], got 1.5'],
    [{ decay: 0 }, '"decay" must be in (0, 1], got 0'],
    [{ decay: Number.NaN }, '"decay" must be in (0, 1], got NaN'],
    [{ window: 2.5 }, '"window" must be an integer in [1, inf), got 2.5'],
    [{ window: 0 }, '"window" must be an integer in [1, inf), got 0'],
    [{ window: 5, quantile: 1.1 }, '"quantile" must be in [0, 1], got 1.1'],
    [{ epsilon: 0 }, '"epsilon" must be in [1e-300, inf), got 0'],
    [{ warmup: -1 }, '"warmup" must be an integer in [0, inf), got -1'],
    [{ lowerBound: { a: Number.NEGATIVE_INFINITY } }, '"lowerBound" of loss "a" must be in (-inf, inf), got -Infinity'],
  ])('%j is refused', (options, message) => {
    expect(() => runningMax(options)).toThrow(message);
  });
});

test('a priority that makes the weight overflow is named', () => {
  const balancer = new Balancer(runningMax(), { tasks: ['a'], priorities: { a: 1e300 } });
  expect(() => balancer.weigh({ losses: { a: 1e-20 } })).toThrow(
    'running-max: the weight of loss "a" overflows (priority 1e+300, loss 1e-20)',
  );
});
