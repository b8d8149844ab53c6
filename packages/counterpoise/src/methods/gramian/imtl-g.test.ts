import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { multiply } from '../../linalg/vectors.js';
import { gradients, gramianFrom, someGradients, weighGramian } from '../../testing/gramians.js';
import {
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { imtlG, imtlGWeights } from './imtl-g.js';

describe.skipIf(oraclesMissing)(oracleTitle('imtl-g oracles'), () => {
  interface Result extends OracleResult {
    readonly stable: boolean;
  }
  test('every stable case', () => {
    const cases = oracleCases<Result>('imtl_g.json', 'default').filter(({ result }) => result.stable);
    expect(cases.length).toBeGreaterThan(15);
    for (const one of cases) expectOracle(one, one.result, weighGramian(imtlG(), one.gramian).weights, 1e-9);
  });
});

test.each([
  [1, 0.3, 4],
  [1e-6, -0.99, 1],
  [3, 0.999999999, 5],
  [1e-70, -0.5, 1e70],
  [1e-150, 0.3, 1e-149],
  [1e149, 0.3, 1e150],
])('two gradients of lengths %d and %d: weights in the ratio of 1 / length', (a, cosine, b) => {
  const off = a * cosine * b;
  const { weights } = weighGramian(imtlG(), [
    [a * a, off],
    [off, b * b],
  ]);
  const sum = 1 / a + 1 / b;
  expect(weights[0]! * a * sum).toBeCloseTo(1, 12);
  expect(weights[1]! * b * sum).toBeCloseTo(1, 12);
});

test('equal projections on all gradients, sum 1, whatever the lengths', () => {
  fc.assert(
    fc.property(someGradients(['independent', 'acute'], [0, 6], [1, 2, 3, 5, 8, 64]), ({ rows }) => {
      const gramian = gramianFrom(rows);
      const { weights, isFallback } = imtlGWeights(gramian);
      if (isFallback) return;
      const size = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
      expect(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1)).toBeLessThan(1e-14 * size);
      const projections = multiply(gramian, weights).map((value, k) => value / Math.sqrt(gramian[k]![k]!));
      const noise = weights.reduce((sum, weight, k) => sum + Math.abs(weight) * Math.sqrt(gramian[k]![k]!), 0);
      for (const value of projections) expect(Math.abs(value - projections[0]!)).toBeLessThan(1e-12 * noise);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test('sum v = 0: alpha ~ 1 / length, with a reason', () => {
  // Three gradients in a plane with sum |g_k| g_k = 0, a triangle with the sides 3, 4 and 5: G |g| = 0.
  const [c13, c23] = [-0.6 * Math.sqrt(15), -0.8 * Math.sqrt(20)];
  const { weights, reasons } = weighGramian(imtlG(), [
    [3, 0, c13],
    [0, 4, c23],
    [c13, c23, 5],
  ]);
  const sum = 1 / Math.sqrt(3) + 1 / 2 + 1 / Math.sqrt(5);
  expect(weights[0]! * sum).toBeCloseTo(1 / Math.sqrt(3), 12);
  expect(weights[1]! * sum).toBeCloseTo(1 / 2, 12);
  expect(weights[2]! * sum).toBeCloseTo(1 / Math.sqrt(5), 12);
  expect(Object.values(reasons).map(({ code }) => code)).toEqual(['fallback', 'fallback', 'fallback']);
});

test('a zero gradient is left out and named; the others weigh what they do without it', () => {
  const gramian = gramianFrom(gradients('acute', 4, 3, 7));
  const more = [...gramian.map((row) => [...row, 0]), [0, 0, 0, 0, 0]];
  const { weights, reasons } = weighGramian(imtlG(), more);
  expect(weights).toEqual([...weighGramian(imtlG(), gramian).weights, 1 / 5]);
  expect(reasons).toEqual({ t5: { code: 'no-gradient', message: expect.stringContaining('"t5"') } });
});

test('sum v < 0: the update of the paper raises every loss', () => {
  // In the cosines the solution of C beta = 1 has a negative entry; a short third gradient makes it outweigh the others.
  const cosines = [
    [1, 0.5, 0.9],
    [0.5, 1, 0.8],
    [0.9, 0.8, 1],
  ];
  const lengths = [1, 1, 0.01];
  const gramian = cosines.map((row, i) => row.map((value, j) => lengths[i]! * value * lengths[j]!));
  const { weights, isFallback } = imtlGWeights(gramian);
  expect(isFallback).toBe(false);
  for (const value of multiply(gramian, weights)) expect(value).toBeLessThan(0);
});
