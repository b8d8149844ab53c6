import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { multiply } from '../../linalg/vectors.js';
import { gradients, gramianFrom, type Kind, someGradients, weighGramian } from '../../testing/gramians.js';
import {
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { fairgrad } from './fairgrad.js';
import { nashMtl } from './nash-mtl.js';

describe.skipIf(oraclesMissing)(oracleTitle('nash-mtl and fairgrad oracles'), () => {
  test('the bargaining point, full length and cut to 1', () => {
    const exact = oracleCases('nash_mtl.json', 'exact');
    expect(exact.length).toBeGreaterThan(14);
    for (const one of exact) {
      const { weights, reasons } = weighGramian(nashMtl(), one.gramian);
      expectOracle(one, one.result, weights, 1e-9);
      expect(reasons).toEqual({});
    }
    interface Result extends OracleResult {
      readonly matches_exact: boolean | null;
    }
    const cut = oracleCases<Result>('nash_mtl.json', 'default').filter(({ result }) => result.matches_exact);
    expect(cut.length).toBeGreaterThan(10);
    for (const one of cut) {
      expectOracle(one, one.result, weighGramian(nashMtl({ maxNorm: 1 }), one.gramian).weights, 1e-8);
    }
  });

  test.each([0.5, 1, 2])('the fair point of alpha %d', (alpha) => {
    const cases = oracleCases('fairgrad.json', `a${alpha.toFixed(1)}_exact`);
    expect(cases.length).toBeGreaterThan(14);
    for (const one of cases)
      expectOracle(one, one.result, weighGramian(fairgrad({ alpha }), one.gramian).weights, 1e-9);
  });

  test('0 in the hull: a reason, and weights as if at right angles', () => {
    const hopeless = oracleCases('nash_mtl.json', 'default').filter(({ results }) => results.exact!.error);
    expect(hopeless.length).toBeGreaterThan(1);
    for (const { gramian } of hopeless) {
      const { weights, reasons } = weighGramian(nashMtl(), gramian);
      expect(Object.values(reasons).some(({ code }) => code === 'fallback' || code === 'no-gradient')).toBe(true);
      for (const weight of weights) expect(Number.isFinite(weight)).toBe(true);
    }
  });
});

test.each([
  [1, 0.5, 1],
  [2, -0.9, 1e6],
  [1e-70, 0.3, 1e70],
  [1e-150, 0.3, 1e-149],
  [1e149, 0.3, 1e150],
  [5, 0.9999999, 0.1],
])('two gradients of lengths %d and (cosine %d) %d: 1 / (length sqrt(1 + cos))', (a, cosine, b) => {
  const off = a * cosine * b;
  const gramian = [
    [a * a, off],
    [off, b * b],
  ];
  for (const method of [nashMtl(), fairgrad({ alpha: 1 })]) {
    const { weights } = weighGramian(method, gramian);
    expect(weights[0]! * a * Math.sqrt(1 + cosine)).toBeCloseTo(1, 12);
    expect(weights[1]! * b * Math.sqrt(1 + cosine)).toBeCloseTo(1, 12);
  }
  const short = weighGramian(nashMtl({ maxNorm: 0.5 }), gramian).weights;
  expect((short[0]! * a * Math.sqrt(2 + 2 * cosine)) / 0.5).toBeCloseTo(1, 12);
});

test.each([0.1, 0.5, 1, 2, 10])('orthogonal gradients, alpha %d: x = (|g|^2)^(-a / (1 + a))', (alpha) => {
  const lengths = [3, 1e-4, 1e5];
  const { weights } = weighGramian(
    fairgrad({ alpha }),
    lengths.map((a, i) => lengths.map((_, j) => (i === j ? a * a : 0))),
  );
  lengths.forEach((a, k) => {
    expect(weights[k]! * (a * a) ** (alpha / (1 + alpha))).toBeCloseTo(1, 12);
  });
});

const everyKind: readonly Kind[] = [
  'independent',
  'acute',
  'conflicting',
  'dependent',
  'duplicated',
  'opposed',
  'zero-row',
];

test.each([0.1, 0.5, 1, 2, 5, 10])('alpha %d: (G x)_k = x_k^(-1/a) to 1e-13 of the terms, or a reason', (alpha) => {
  let solved = 0;
  fc.assert(
    fc.property(someGradients(everyKind, [0, 3, 6], [1, 2, 3, 5, 8, 24]), ({ kind, rows }) => {
      const gramian = gramianFrom(rows);
      const { weights, reasons } = weighGramian(fairgrad({ alpha }), gramian);
      for (const weight of weights) expect(Number.isFinite(weight)).toBe(true);
      const codes = Object.values(reasons).map(({ code }) => code);
      if (kind === 'opposed' && rows.length > 1 && alpha >= 0.5) expect(codes).toContain('fallback');
      if (kind === 'acute') expect(codes).toEqual([]);
      expect(codes.includes('no-gradient')).toBe(kind === 'zero-row');
      if (codes.includes('fallback')) return;
      solved += 1;
      const image = multiply(gramian, weights);
      const size = gramian.map((row) => row.reduce((sum, value, j) => sum + Math.abs(value) * weights[j]!, 0));
      weights.forEach((x, k) => {
        const push = kind === 'zero-row' && k === 0 ? 0 : x ** (-1 / alpha);
        expect(Math.abs(image[k]! - push)).toBeLessThanOrEqual(1e-13 * (size[k]! + push));
      });
    }),
    { seed: 3, numRuns: 150 },
  );
  expect(solved).toBeGreaterThan(60);
});

test('nash-mtl: the residual of alpha_k (G alpha)_k = 1 is below 1e-10 and |d| = sqrt(K), up to 64 tasks', () => {
  for (const [kind, size] of [
    ['independent', 64],
    ['acute', 64],
    ['duplicated', 64],
    ['conflicting', 32],
  ] as const) {
    const gramian = gramianFrom(gradients(kind, size, 6, size));
    const { weights, reasons } = weighGramian(nashMtl(), gramian);
    expect(reasons).toEqual({});
    const products = multiply(gramian, weights).map((value, k) => value * weights[k]!);
    for (const product of products) expect(Math.abs(product - 1)).toBeLessThan(1e-10);
    const length = Math.sqrt(products.reduce((sum, value) => sum + value, 0));
    expect(length).toBeCloseTo(Math.sqrt(size), 10);
  }
});

test('nash-mtl: a loss in another unit leaves weight times loss as it was', () => {
  fc.assert(
    fc.property(someGradients(['independent', 'acute'], [0, 6]), ({ rows }) => {
      const { weights } = weighGramian(nashMtl(), gramianFrom(rows));
      const scaled = weighGramian(
        nashMtl(),
        gramianFrom(rows.map((row, k) => (k === 1 ? row.map((value) => 1000 * value) : row))),
      );
      weights.forEach((weight, k) => {
        expect((scaled.weights[k]! * (k === 1 ? 1000 : 1)) / weight).toBeCloseTo(1, 8);
      });
    }),
    { seed: 4, numRuns: 50 },
  );
});
