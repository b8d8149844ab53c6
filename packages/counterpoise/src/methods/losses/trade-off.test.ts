import { describe, expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Method } from '../../method.js';
import { byTask, expectNear, lossOracles } from '../../testing/loss-oracles.js';
import { aggregate, oraclesMissing, oracleTitle } from '../../testing/oracle-cases.js';
import { cosmos } from './cosmos.js';
import { pbi } from './pbi.js';
import { type StchOptions, stch } from './stch.js';
import { tchebycheff } from './tchebycheff.js';

function weights(method: Method, losses: readonly number[]): number[] {
  return Object.values(new Balancer(method).weigh({ losses: byTask(losses) }).weights);
}

const RAY = byTask([3, 4]);

describe('by hand', () => {
  test('tchebycheff: lambda on the worst loss above its bound, shared in a tie', () => {
    expect(weights(tchebycheff(), [5, 3])).toEqual([1 / 2, 0]);
    expect(weights(tchebycheff({ preference: RAY }), [5, 3])).toEqual([3, 0]);
    expect(weights(tchebycheff({ preference: RAY, lowerBound: byTask([3, 0]) }), [5, 3])).toEqual([0, 4]);
    expect(weights(tchebycheff({ preference: byTask([4, 3]) }), [3, 4])).toEqual([2, 1.5]);
    expect(weights(tchebycheff(), [-2, -1])).toEqual([0, 1 / 2]);
  });

  test('stch: lambda softmax(lambda L / mu), towards tchebycheff for small mu, the average for large', () => {
    const [a, b] = weights(stch({ mu: 1 / Math.log(3), preference: 1 }), [2, 1]);
    expect(a).toBeCloseTo(3 / 4, 14);
    expect(b).toBeCloseTo(1 / 4, 14);
    expectNear(weights(stch({ mu: 1e-9 }), [5, 3]), [1 / 2, 0], 'small mu');
    expectNear(weights(stch({ mu: 1e9 }), [5, 3]), [1 / 4, 1 / 4], 'large mu', 1e-8);
  });

  test('cosmos: r - lambda (r / |r| - cos L / |L|) / |L|', () => {
    // L = (4, 0): |L| = 4, cos = 0.6, so that the first loss is not pulled and the second is raised.
    expectNear(weights(cosmos({ lambda: 40, preference: RAY }), [4, 0]), [3, 4 - 10 * 0.8], 'hand');
    expect(weights(cosmos({ preference: RAY }), [0, 0])).toEqual([3, 4]);
  });

  test('pbi: r / |r| + theta d / |d|', () => {
    // L = (4, 0): the part orthogonal to (0.6, 0.8) points along (0.8, -0.6).
    expectNear(weights(pbi({ theta: 1, preference: RAY }), [4, 0]), [1.4, 0.2], 'hand');
    expectNear(weights(pbi({ preference: RAY }), [0.3, 0.4]), [0.6, 0.8], 'on the ray');
    expect(weights(pbi(), [7])).toEqual([1]);
    expectNear(weights(pbi(), [0, 0]), [Math.SQRT1_2, Math.SQRT1_2], 'no losses');
  });

  test.each([1e-300, 1, 1e300])('pbi has the same weights for losses in units of %d', (unit) => {
    expectNear(weights(pbi(), [3 * unit, unit]), weights(pbi(), [3, 1]), 'unit');
  });

  test.each<[string, Method]>([
    ['tchebycheff', tchebycheff()],
    ['stch', stch({ mu: 1e-3 })],
    ['cosmos', cosmos()],
    ['pbi', pbi()],
  ])('%s is finite from 1e-300 to 1e300, and without its preference', (_, method) => {
    for (const losses of [[1e300, 1e-300, 0], [1e-300, 1e-300], [-1e300, 1e300], [0]]) {
      for (const weight of weights(method, losses)) expect(Number.isFinite(weight)).toBe(true);
    }
  });

  test('a preference of 0 for every loss leaves nothing to follow', () => {
    expect(weights(cosmos({ preference: 0 }), [1, 2])).toEqual([0, 0]);
    expect(weights(stch({ preference: 0 }), [1, 2])).toEqual([0, 0]);
  });
});

describe('stch with a nadir', () => {
  const run = (options: StchOptions, steps: readonly (readonly [number, number | undefined, number | undefined])[]) => {
    const balancer = new Balancer(stch(options), { tasks: ['a', 'b'] });
    return steps.map(([epoch, a, b]) => balancer.weigh({ losses: { a, b }, epoch }).weights);
  };

  test('by hand: log L up to the nadir epoch, then K softmax(log(L / n) / mu) / L', () => {
    const answers = run({ nadir: 1 }, [
      [0, 100, 1],
      [1, 4, 10],
      [1, 8, 30],
      [2, 3, 10],
    ]);
    expect(answers[1]).toEqual({ a: 1 / 4, b: 1 / 10 });
    // n = (6, 20), L / n = (1/2, 1/2): equal shares.
    expectNear(Object.values(answers[3]!), [1 / 3, 1 / 10], 'hand');
  });

  test('terms do not depend on the units of the losses', () => {
    const steps = [
      [0, 4, 10],
      [1, 1, 9],
      [2, 3, 1],
    ] as const;
    const plain = run({ nadir: 0, mu: 0.5 }, steps);
    const scaled = run(
      { nadir: 0, mu: 0.5 },
      steps.map(([epoch, a, b]) => [epoch, a * 1e200, b * 1e-200]),
    );
    for (const [i, { a, b }] of scaled.entries()) {
      expectNear([a! * 1e200, b! * 1e-200], Object.values(plain[i]!), `step ${i}`);
    }
  });

  test('a task that was absent or 0 in the nadir epoch has its first positive loss after it as nadir', () => {
    const answers = run({ nadir: 0 }, [
      [0, 4, undefined],
      [1, 4, 0],
      [1, 4, 50],
      [1, 4, 25],
    ]);
    expect(answers[1]).toEqual({ a: 2 / 4, b: 1 / 2 });
    expectNear(Object.values(answers[2]!), [1 / 4, 1 / 50], 'first');
    expectNear(Object.values(answers[3]!), [(2 * 2) / 3 / 4, 2 / 3 / 25], 'second');
  });

  test('needs the epoch, and losses above their bound', () => {
    const state = stch({ nadir: 2 }).init(['a']);
    expect(() => stch({ nadir: 2 }).update({ losses: { a: 1 } }, state)).toThrow('stch needs "epoch" in the evidence');
    expect(() => stch({ nadir: 2 }).update({ losses: { a: -1 }, epoch: 0 }, state)).toThrow('must be at least 0');
  });
});

describe.skipIf(oraclesMissing)(oracleTitle('trade-off oracles'), () => {
  type Scalarized = {
    losses: number[];
    grad_losses: number[];
    weights: number[] | null;
    reference?: number[] | null;
    mu: number;
    theta: number;
    lambda_: number;
  };
  const scalarizers: readonly [string, (result: Scalarized) => Method][] = [
    [
      'scalarizer_stch.json',
      ({ mu, weights, reference }) =>
        stch({ mu, preference: byTask(weights), lowerBound: byTask(reference ?? null) ?? 0 }),
    ],
    ['scalarizer_cosmos.json', ({ lambda_, weights }) => cosmos({ lambda: lambda_, preference: byTask(weights) })],
    [
      'scalarizer_pbi.json',
      ({ theta, weights, reference }) =>
        pbi({ theta, preference: byTask(weights), lowerBound: byTask(reference ?? null) ?? 0, epsilon: 1e-6 }),
    ],
  ];
  test.each(scalarizers)('%s: gradient with respect to the losses', (file, create) => {
    for (const { where, result } of lossOracles<Scalarized>(file)) {
      expectNear(weights(create(result), result.losses), result.grad_losses, where);
    }
  });

  test('libmtl_stch.json: the update in every step of four epochs', () => {
    type Run = { steps: { epoch: number; losses: number[]; matrix: number[][]; aggregated: number[] }[] };
    for (const { where, result } of lossOracles<Run>('libmtl_stch.json')) {
      const balancer = new Balancer(stch({ mu: where.endsWith('mu0.2') ? 0.2 : 1, nadir: 1 }));
      for (const { epoch, losses, matrix, aggregated } of result.steps) {
        const { weights } = balancer.weigh({ losses: byTask(losses), epoch });
        expectNear(aggregate(matrix, Object.values(weights)), aggregated, where);
      }
    }
  });
});

test.each<[string, () => unknown]>([
  ['"mu" must be in (0, inf), got 0', () => stch({ mu: 0 })],
  ['"nadir" must be an integer in [0, inf), got 0.5', () => stch({ nadir: 0.5 })],
  ['"preference" of loss "a" must be in [0, inf), got -1', () => tchebycheff({ preference: { a: -1 } })],
  ['"lambda" must be in [0, inf), got -1', () => cosmos({ lambda: -1 })],
  ['"theta" must be in [0, inf), got NaN', () => pbi({ theta: Number.NaN })],
  ['"state" of loss "a".count', () => stch().restore(['a'], [{ count: -1, mean: 1 }])],
])('refused: %s', (message, act) => {
  expect(act).toThrow(message);
});
