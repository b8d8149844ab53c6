import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { multiply } from '../../linalg/vectors.js';
import { gramianFrom, someGradients, weighGramian } from '../../testing/gramians.js';
import {
  aggregate,
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { config } from './config.js';

describe.skipIf(oraclesMissing)(oracleTitle('config oracles'), () => {
  interface Result extends OracleResult {
    readonly stable: boolean;
  }
  test.each(['default', 'pref'])('%s', (variant) => {
    const cases = oracleCases<Result>('config.json', variant).filter(({ result }) => result.stable);
    expect(cases.length).toBeGreaterThan(15);
    for (const one of cases) {
      const rising = Object.fromEntries(one.gramian.map((_, k) => [`t${k + 1}`, k + 1]));
      const { weights } = weighGramian(config(variant === 'pref' ? { preference: rising } : {}), one.gramian);
      expectOracle(one, one.result, weights, 1e-8);
    }
  });
});

test("TorchJD's example: [.1588, 2.0706, 2.0706]", () => {
  const rows = [
    [-4, 1, 1],
    [6, 1, 1],
  ];
  const { weights } = weighGramian(config(), gramianFrom(rows));
  expect(aggregate(rows, weights)).toEqual([0.1588, 2.0706, 2.0706].map((value) => expect.closeTo(value, 4)));
});

test('two gradients: the bisector, as long as both projections together', () => {
  // Lengths 3 and 0.5 at 60 degrees: x = u1 + u2 has length sqrt(3), and each unit gradient projects sqrt(3) / 2 on it.
  const { weights } = weighGramian(config(), [
    [9, 0.75],
    [0.75, 0.25],
  ]);
  const length = 3.5 * (Math.sqrt(3) / 2);
  expect(weights).toEqual(
    [length / Math.sqrt(3) / 3, length / Math.sqrt(3) / 0.5].map((value) => expect.closeTo(value, 13)),
  );
});

test('independent gradients: projections as the preference, whatever the lengths; linear in the lengths', () => {
  fc.assert(
    fc.property(someGradients(['independent', 'acute'], [0, 6], [1, 2, 3, 5, 8, 32]), ({ rows, size }) => {
      const preference = Object.fromEntries(rows.map((_, k) => [`t${k + 1}`, 1 + (k % 3)]));
      const gramian = gramianFrom(rows);
      const { weights, reasons } = weighGramian(config({ preference }), gramian);
      expect(reasons).toEqual({});
      const onto = multiply(gramian, weights).map((value, k) => value / Math.sqrt(gramian[k]![k]!) / (1 + (k % 3)));
      for (const value of onto) expect(value / onto[0]!).toBeCloseTo(1, 8);
      const doubled = rows.map((row, k) => (k === size - 1 ? row.map((value) => value / 1024) : row));
      const scaled = weighGramian(config({ preference }), gramianFrom(doubled)).weights;
      // The direction stays; only the length of the last projection changes.
      const update = aggregate(rows, weights);
      const other = aggregate(doubled, scaled);
      const share = Math.sqrt(other.reduce((s, v) => s + v * v, 0) / update.reduce((s, v) => s + v * v, 0));
      other.forEach((value, j) => {
        expect(Math.abs(value / share - update[j]!)).toBeLessThan(1e-8 * Math.max(...update.map(Math.abs)));
      });
    }),
    { seed: 6, numRuns: 60 },
  );
});

test('opposed unit gradients: no direction; a reason and moderate weights whose update is 0', () => {
  const { weights, reasons } = weighGramian(config(), [
    [4, -2],
    [-2, 1],
  ]);
  expect(weights).toEqual([0.75, 1.5]);
  expect(Object.values(reasons).map(({ code }) => code)).toEqual(['fallback', 'fallback']);
});
