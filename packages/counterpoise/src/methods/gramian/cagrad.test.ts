import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitRows } from '../../linalg/unit-rows.js';
import { dot, multiply, sumOfSizes } from '../../linalg/vectors.js';
import { gramianFrom, type Kind, someGradients, weighGramian } from '../../testing/gramians.js';
import { expectOracle, oracleCases, oraclesMissing, oracleTitle } from '../../testing/oracle-cases.js';
import { cagrad } from './cagrad.js';

const kinds: readonly Kind[] = [
  'independent',
  'acute',
  'conflicting',
  'dependent',
  'duplicated',
  'opposed',
  'zero-row',
];

test.skipIf(oraclesMissing).each([0, 0.2, 0.5])(oracleTitle('cagrad oracles, c = %d'), (c) => {
  // TorchJD answers a zero gradient with zeros for all.
  const cases = oracleCases('cagrad.json', `c${c.toFixed(1)}`).filter(({ gramian }) =>
    gramian.every((row, k) => row[k]! > 0),
  );
  expect(cases.length).toBeGreaterThan(16);
  for (const one of cases) expectOracle(one, one.result, weighGramian(cagrad({ c }), one.gramian).weights, 1e-10);
});

test('the best worst gain within the ball: as large as the dual problem allows, 2 to 64 tasks', () => {
  const any = someGradients(kinds, [0, 3, 6], [2, 3, 5, 8, 16, 64]);
  fc.assert(
    fc.property(any, fc.constantFrom(0.1, 0.5, 0.9, 3), ({ rows }, c) => {
      const gramian = gramianFrom(rows);
      const { live, norms, cosines } = unitRows(gramian);
      const { weights } = weighGramian(cagrad({ c }), gramian);
      // d = g0 + u as combinations of the unit gradients.
      const mean = norms.map((norm) => norm / rows.length);
      const whole = live.map((k, i) => weights[k]! * norms[i]!);
      const change = whole.map((part, i) => part - mean[i]!);
      const length = (parts: readonly number[]) => Math.sqrt(Math.max(0, dot(parts, multiply(cosines, parts))));
      const scale = length(mean);
      fc.pre(scale > 1e-6 * sumOfSizes(mean));
      const moved = length(change) / scale;
      expect(Math.min(...change)).toBeGreaterThan(-1e-10 * scale);
      expect(moved).toBeLessThan(c + 1e-9);

      const gains = multiply(cosines, whole);
      const round = 1e-13 * (scale + sumOfSizes(whole));
      if (moved > c - 1e-9) {
        // For any shares a >= 0 the worst gain is at most g_a . g0 + c |g0| |g_a|; a is taken along u.
        const sum = change.reduce((total, part, i) => total + part / norms[i]!, 0);
        const shares = change.map((part) => part / sum);
        const bound = dot(shares, multiply(cosines, mean)) + c * scale * length(shares);
        for (const [i, gain] of gains.entries()) expect(gain).toBeGreaterThan(bound / norms[i]! - round);
      } else {
        // Then 0 is in the hull, so that no gain above 0 is to be had, and u is the shortest way there.
        expect(Math.min(...gains)).toBeGreaterThan(-round);
        expect(Math.abs(dot(change, gains))).toBeLessThan(round * (scale + sumOfSizes(change)));
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('by hand: at right angles both gain, along one line the shorter gradient alone is raised', () => {
  for (const weight of weighGramian(cagrad({ c: 0.5 }), [
    [1, 0],
    [0, 1],
  ]).weights)
    expect(weight).toBeCloseTo(0.75, 14);
  // (1, 0) and (3, 0): g0 = (2, 0), |u| = 1.
  const { weights } = weighGramian(cagrad(), [
    [1, 3],
    [3, 9],
  ]);
  expect(weights[0]).toBeCloseTo(1.5, 14);
  expect(weights[1]).toBe(0.5);
});

test('by hand: gradients that cancel', () => {
  // (1, 0) and (-1, 0): g0 = 0.
  const opposed = [
    [1, -1],
    [-1, 1],
  ];
  expect(weighGramian(cagrad(), opposed).weights).toEqual([0.5, 0.5]);
  // (1, 0), (-1, 0), (0.3, 1): g0 = (0.1, 1 / 3); d = (0, 1 / 3) is the nearest that raises no loss.
  const { weights } = weighGramian(cagrad(), [
    [1, -1, 0.3],
    [-1, 1, -0.3],
    [0.3, -0.3, 1.09],
  ]);
  for (const [k, weight] of [1 / 3, 1 / 3 + 0.1, 1 / 3].entries()) expect(weights[k]).toBeCloseTo(weight, 13);
});

test('c = 0 is the mean; rescale divides by 1 + c^2 or 1 + c', () => {
  const gramian = [
    [4, -1, 0],
    [-1, 1, -2],
    [0, -2, 9],
  ];
  for (const weight of weighGramian(cagrad({ c: 0 }), gramian).weights) expect(weight).toBe(1 / 3);
  const plain = weighGramian(cagrad({ c: 0.8 }), gramian).weights;
  for (const [rescale, divisor] of [
    ['none', 1],
    ['1+c^2', 1.64],
    ['1+c', 1.8],
  ] as const) {
    const { weights } = weighGramian(cagrad({ c: 0.8, rescale }), gramian);
    for (const [k, weight] of weights.entries()) expect(weight).toBeCloseTo(plain[k]! / divisor, 13);
  }
});

test('a zero gradient keeps its share of the mean and stops nobody', () => {
  const { weights, reasons } = weighGramian(cagrad({ c: 0.5 }), [
    [1, 0, 0],
    [0, 0, 0],
    [0, 0, 1],
  ]);
  expect(weights[0]).toBeCloseTo(0.5, 14);
  expect(weights[1]).toBe(1 / 3);
  expect(weights[2]).toBeCloseTo(0.5, 14);
  expect(reasons.t2?.code).toBe('no-gradient');
  expect(weighGramian(cagrad(), [[0]]).weights).toEqual([1]);
  expect(weighGramian(cagrad({ c: 0.5 }), [[7]]).weights[0]).toBeCloseTo(1.5, 14);
});

test('lengths at the ends of the number range', () => {
  for (const [a, b, c] of [
    [1e-320, 0, 1e308],
    [1e308, -9e307, 1e308],
    [1e-290, -5e3, 1e300],
    [1e-280, 5e9, 1e300],
  ] as const) {
    const { weights } = weighGramian(cagrad(), [
      [a, b],
      [b, c],
    ]);
    for (const weight of weights) expect(weight > 0 && Number.isFinite(weight)).toBe(true);
  }
});

test('wrong options are refused by name', () => {
  expect(() => cagrad({ c: -0.1 })).toThrow('"c" must be in [0, inf), got -0.1');
});
