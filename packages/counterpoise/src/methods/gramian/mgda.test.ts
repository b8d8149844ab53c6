import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitRows } from '../../linalg/unit-rows.js';
import { dot, multiply, sumOfSizes } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import { gramianFrom, type Kind, someGradients, weighGramian } from '../../testing/gramians.js';
import {
  aggregate,
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { type MgdaOptions, mgda } from './mgda.js';

const kinds: readonly Kind[] = ['independent', 'acute', 'conflicting', 'dependent', 'duplicated', 'opposed'];

function weigh(options: MgdaOptions, gramian: Matrix, losses?: readonly number[]) {
  const named = losses && Object.fromEntries(losses.map((loss, k) => [`t${k + 1}`, loss]));
  return weighGramian(mgda(options), gramian, named && { losses: named });
}

describe.skipIf(oraclesMissing)(oracleTitle('mgda oracles'), () => {
  const sound = (variant: string, file = 'mgda.json') => {
    // TorchJD lets a zero gradient take all; where the gradients cancel, its update is round-off.
    const cases = oracleCases<OracleResult & { norm?: number }>(file, variant);
    return cases.filter(({ gramian }) => gramian.every((row, k) => row[k]! > 0));
  };

  test.each([
    ['exact', {}],
    ['default', { solver: 'frank-wolfe' }],
    ['long', { solver: 'frank-wolfe', epsilon: 1e-9, iterations: 20000 }],
  ] as const)('%s', (variant, options) => {
    const cases = sound(variant);
    expect(cases.length).toBeGreaterThan(16);
    for (const one of cases) expectOracle(one, one.result, weigh(options, one.gramian).weights, 1e-10);
  });

  test.each(['none', 'l2', 'loss', 'loss+'] as const)(
    'LibMTL stops near the shortest combination: %s',
    (normalization) => {
      const cases = sound(normalization, 'libmtl_mgda.json') as unknown as {
        readonly matrix: Matrix;
        readonly gramian: Matrix;
        readonly result: { readonly losses: readonly number[]; readonly aggregated: readonly number[] };
      }[];
      expect(cases.length).toBeGreaterThan(16);
      for (const { matrix, gramian, result } of cases) {
        const ours = Math.hypot(...aggregate(matrix, weigh({ normalization }, gramian, result.losses).weights));
        const theirs = Math.hypot(...result.aggregated);
        expect(ours).toBeLessThan(theirs + 1e-9);
        expect(ours).toBeGreaterThan(0.6 * theirs - 1e-9);
      }
    },
  );
});

test('the conditions of the shortest combination, lengths over 0, 3 and 6 decades, 2 to 64 tasks', () => {
  fc.assert(
    fc.property(someGradients(kinds, [0, 3, 6], [2, 3, 5, 8, 16, 64]), ({ rows }) => {
      const gramian = gramianFrom(rows);
      const { weights } = weigh({}, gramian);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
      // No gradient reaches less far along d than d itself, and those that have a part in it reach just as far.
      const { norms, cosines } = unitRows(gramian);
      const shortest = Math.min(...norms);
      const parts = weights.map((weight, k) => weight * (norms[k]! / shortest));
      const gains = multiply(cosines, parts);
      const square = dot(parts, gains);
      const round = 1e-14 * sumOfSizes(parts);
      for (const [k, gain] of gains.entries()) {
        const excess = gain - (square * shortest) / norms[k]!;
        expect(excess).toBeGreaterThan(-round);
        expect(excess * Math.min(1, parts[k]!)).toBeLessThan(round);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('K = 2 by the closed form', () => {
  const length = fc.double({ min: -3, max: 3, noNaN: true }).map((exponent) => 10 ** exponent);
  fc.assert(
    fc.property(length, length, fc.double({ min: -1, max: 1, noNaN: true }), (p, q, cosine) => {
      const [a, b, c] = [p * p, p * q * cosine, q * q];
      fc.pre(a + c - 2 * b > 1e-9 * (a + c));
      const first = b >= a ? 1 : b >= c ? 0 : (c - b) / (a + c - 2 * b);
      const { weights } = weigh({}, [
        [a, b],
        [b, c],
      ]);
      expect(Math.abs(weights[0]! - first)).toBeLessThan(1e-12);
      expect(Math.abs(weights[1]! - (1 - first))).toBeLessThan(1e-12);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('by hand: (-4, 1, 1) and (6, 1, 1) meet in (0, 1, 1); three at right angles share by 1 / squared length', () => {
  const { weights } = weigh({}, [
    [18, -22],
    [-22, 38],
  ]);
  expect(weights[0]).toBeCloseTo(0.6, 14);
  expect(weights[1]).toBeCloseTo(0.4, 14);
  const right = weigh({}, [
    [1, 0, 0],
    [0, 2, 0],
    [0, 0, 4],
  ]).weights;
  for (const [k, share] of [4 / 7, 2 / 7, 1 / 7].entries()) expect(right[k]).toBeCloseTo(share, 14);
});

test.each([
  ['l2', [2, 10]],
  ['loss', [3, 0.5]],
  ['loss+', [6, 5]],
] as const)('%s: the shortest combination of the divided gradients', (normalization, [first, second]) => {
  const gramian = [
    [4, -6],
    [-6, 100],
  ];
  const divided = [
    [4 / first ** 2, -6 / first / second],
    [-6 / first / second, 100 / second ** 2],
  ];
  const [a, b] = weigh({}, divided).weights;
  const { weights } = weigh({ normalization }, gramian, [3, 0.5]);
  expect(weights[0]).toBeCloseTo(a! / first, 13);
  expect(weights[1]).toBeCloseTo(b! / second, 13);
});

test('divided by losses or norms, the terms do not hang on the unit of a loss', () => {
  const gramian = [
    [2, -1, 0.5],
    [-1, 3, -1],
    [0.5, -1, 1],
  ];
  const unit = 1e8;
  const scaled = gramian.map((row, i) => row.map((value, j) => value * (i === 1 ? unit : 1) * (j === 1 ? unit : 1)));
  for (const normalization of ['l2', 'loss'] as const) {
    const plain = weigh({ normalization }, gramian, [2, 3, 4]).weights;
    const other = weigh({ normalization }, scaled, [2, 3 * unit, 4]).weights;
    expect(other[0]! / plain[0]!).toBeCloseTo(1, 12);
    expect((other[1]! * unit) / plain[1]!).toBeCloseTo(1, 12);
  }
});

test('only the loss modes need losses, and refuse negative ones', () => {
  const gramian = [[1]];
  expect(mgda().needs).toEqual(['gramian']);
  expect(weigh({}, gramian, [-1]).weights).toEqual([1]);
  expect(mgda({ normalization: 'loss' }).needs).toEqual(['gramian', 'losses']);
  expect(() => weigh({ normalization: 'loss' }, gramian)).toThrow('mgda needs "losses" in the evidence');
  expect(() => weigh({ normalization: 'loss+' }, gramian, [-1])).toThrow('must be at least 0 for mgda, got -1');
});

test.each(['exact', 'frank-wolfe'] as const)('%s: zero gradients and zero losses stop nobody', (solver) => {
  const gramian = [
    [1, 0, 0],
    [0, 0, 0],
    [0, 0, 3],
  ];
  const { weights, reasons } = weigh({ solver, epsilon: 1e-12, iterations: 10000 }, gramian);
  expect(weights[0]).toBeCloseTo(0.75, 5);
  expect(weights[1]).toBe(1 / 3);
  expect(weights[2]).toBeCloseTo(0.25, 5);
  expect(reasons.t2?.code).toBe('no-gradient');

  const lost = weigh({ solver, normalization: 'loss' }, gramian, [0, 0, 2]);
  expect(lost.weights).toEqual([1 / 3, 1 / 3, 1 / 2]);
  expect([lost.reasons.t1?.code, lost.reasons.t2?.code]).toEqual(['no-scale', 'no-gradient']);
  for (const losses of [
    [0, 0, 0],
    [1e-320, 1, 1e300],
    [1e300, 1e300, 1e-300],
  ]) {
    for (const normalization of ['loss', 'loss+'] as const) {
      for (const weight of weigh({ solver, normalization }, gramian, losses).weights) {
        expect(weight >= 0 && Number.isFinite(weight)).toBe(true);
      }
    }
  }
});

test('0 in the hull: the shares with which the gradients cancel', () => {
  const opposed = weigh({}, [
    [4, -2],
    [-2, 1],
  ]).weights;
  expect(opposed[0]).toBeCloseTo(1 / 3, 14);
  // Three in a plane, 120 degrees apart.
  const star = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : -0.5)));
  for (const share of weigh({}, star).weights) expect(share).toBeCloseTo(1 / 3, 12);
});
