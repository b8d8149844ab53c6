import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../index.js';
import { gradients, gramianFrom, someGradients } from '../../testing/gramians.js';
import {
  aggregate,
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { pcgrad, projectConflicts } from './pcgrad.js';

describe.skipIf(oraclesMissing)(oracleTitle('pcgrad oracles'), () => {
  interface Result extends OracleResult {
    readonly permutations: readonly (readonly number[])[];
  }
  test.each(['ascending', 'recorded'])('%s orders', (variant) => {
    const cases = oracleCases<Result>('pcgrad.json', variant);
    expect(cases.length).toBeGreaterThan(15);
    for (const one of cases) {
      expectOracle(one, one.result, projectConflicts(one.gramian, one.result.permutations), 1e-10);
      if (variant === 'recorded') continue;
      const balancer = new Balancer(pcgrad({ order: 'ascending' }));
      expectOracle(one, one.result, Object.values(balancer.weigh({ gramian: one.gramian }).weights), 1e-10);
    }
  });

  test('the mean over random orders', () => {
    const one = oracleCases('pcgrad.json', 'mean_over_all_orders').find(({ id }) => id === 'few_columns_K3')!;
    const balancer = new Balancer(pcgrad());
    const sum = [0, 0, 0];
    for (let step = 0; step < 4000; step++) {
      Object.values(balancer.weigh({ gramian: one.gramian }).weights).forEach((weight, k) => {
        sum[k]! += weight / 4000;
      });
    }
    sum.forEach((weight, k) => {
      expect(weight).toBeCloseTo(one.result.weights![k]!, 1);
    });
  });
});

test.each([
  [-0.6, 2, 3],
  [-0.999, 1e-6, 10],
  [0.4, 1, 1],
])('two gradients at cosine %d: (1 - b / a, 1 - b / c) where they conflict', (cosine, a, c) => {
  const b = cosine * a * c;
  const { weights } = new Balancer(pcgrad()).weigh({
    gramian: [
      [a * a, b],
      [b, c * c],
    ],
  });
  expect(weights.t1! / (1 - Math.min(0, b) / (a * a))).toBeCloseTo(1, 12);
  expect(weights.t2! / (1 - Math.min(0, b) / (c * c))).toBeCloseTo(1, 12);
});

test('seeded orders are part of the state; mean is sum / K; a zero gradient keeps weight 1', () => {
  const gramian = gramianFrom(gradients('conflicting', 5, 2, 11));
  const run = (options: Parameters<typeof pcgrad>[0]) => {
    const balancer = new Balancer(pcgrad(options));
    return Array.from({ length: 4 }, () => Object.values(balancer.weigh({ gramian }).weights));
  };
  const [first, ...rest] = run({ seed: 4 });
  expect(run({ seed: 4 })).toEqual([first, ...rest]);
  expect(rest).not.toContainEqual(first);
  expect(run({ seed: 4, reduction: 'mean' })[0]).toEqual(first!.map((weight) => weight / 5));
  expect(
    projectConflicts(
      [
        [1, 0],
        [0, 0],
      ],
      [[1], [0]],
    ),
  ).toEqual([1, 1]);
  expect(() => pcgrad().restore(['a'], [0, 0, 0, 0])).toThrow('"state" must be four 32-bit words, not all 0');
});

test('linear in the lengths of the gradients for a given order', () => {
  fc.assert(
    fc.property(someGradients(['independent', 'conflicting', 'dependent'], [0]), ({ rows, size }) => {
      const visits = rows.map((_, i) => rows.map((_, j) => (i + j + 1) % size));
      const factors = rows.map((_, k) => 4 ** (k % 4));
      const update = (by: readonly number[]) => {
        const scaled = rows.map((row, k) => row.map((value) => value * by[k]!));
        return aggregate(scaled, projectConflicts(gramianFrom(scaled), visits));
      };
      const sum = update(rows.map(() => 1)).map((value, j) => value + update(factors)[j]!);
      const together = update(factors.map((factor) => factor + 1));
      const largest = Math.max(...together.map(Math.abs), ...rows.flat().map(Math.abs));
      together.forEach((value, j) => {
        expect(Math.abs(value - sum[j]!)).toBeLessThan(1e-9 * largest);
      });
    }),
    { seed: 7, numRuns: 60 },
  );
});
