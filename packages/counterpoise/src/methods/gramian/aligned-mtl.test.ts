import { describe, expect, test } from 'vitest';
import { gradients, gramianFrom, weighGramian } from '../../testing/gramians.js';
import {
  aggregate,
  expectOracle,
  type OracleResult,
  oracleCases,
  oraclesMissing,
  oracleTitle,
} from '../../testing/oracle-cases.js';
import { type AlignedMtlOptions, alignedMtl } from './aligned-mtl.js';

/** The preferences of the oracles: i / sum(i). */
const rising = (size: number) =>
  Object.fromEntries(Array.from({ length: size }, (_, k) => [`t${k + 1}`, (2 * (k + 1)) / (size * (size + 1))]));

describe.skipIf(oraclesMissing)(oracleTitle('aligned-mtl oracles'), () => {
  interface Result extends OracleResult {
    readonly rank_used: number;
  }
  test.each(['min', 'median', 'rmse', 'min_pref'])('%s', (variant) => {
    const cases = oracleCases<Result & { readonly rank?: number }>('aligned_mtl.json', variant);
    expect(cases.length).toBeGreaterThan(15);
    for (const one of cases) {
      const scaleMode = (variant === 'min_pref' ? 'min' : variant) as NonNullable<AlignedMtlOptions['scaleMode']>;
      const options = { scaleMode, preference: variant === 'min_pref' ? rising(one.K) : null };
      const cut = weighGramian(alignedMtl({ ...options, precision: 'float32' }), one.gramian);
      expectOracle(one, one.result, cut.weights, 1e-9);
      // Where the cut of float32 drops nothing, the exact method is the same.
      const rank = (one as unknown as { rank: number }).rank;
      if (one.result.rank_used === rank) {
        expectOracle(one, one.result, weighGramian(alignedMtl(options), one.gramian).weights, 1e-9);
      }
    }
  });
});

test('orthogonal gradients are brought to the size of the least, median or mean', () => {
  const gramian = [
    [100, 0, 0, 0],
    [0, 4, 0, 0],
    [0, 0, 16, 0],
    [0, 0, 0, 1],
  ];
  const sizes = { min: 1, median: 2, rmse: Math.sqrt(121 / 4) };
  for (const [scaleMode, size] of Object.entries(sizes)) {
    const method = alignedMtl({ scaleMode: scaleMode as 'min' });
    const expected = [10, 2, 4, 1].map((norm) => expect.closeTo(size / norm / 4, 14));
    expect(weighGramian(method, gramian).weights).toEqual(expected);
  }
});

test("TorchJD's example: weights .5591 and .4083, of the aggregation [.2133, .9673, .9673]", () => {
  const rows = [
    [-4, 1, 1],
    [6, 1, 1],
  ];
  const { weights } = weighGramian(alignedMtl(), gramianFrom(rows));
  expect(aggregate(rows, weights)).toEqual([0.2133, 0.9673, 0.9673].map((value) => expect.closeTo(value, 4)));
});

test('equal gradients, 64 of them: round-off is no direction to scale to', () => {
  const row = gradients('independent', 1, 0, 5)[0]!;
  const gramian = gramianFrom(Array.from({ length: 64 }, () => row));
  for (const scaleMode of ['min', 'median', 'rmse'] as const) {
    for (const weight of weighGramian(alignedMtl({ scaleMode }), gramian).weights) {
      expect(weight).toBeCloseTo(1 / 64, 12);
    }
  }
});

test('float32 drops a gradient 10000 times shorter, float64 shrinks the others to it', () => {
  const gramian = [
    [1, 0],
    [0, 1e-8],
  ];
  expect(weighGramian(alignedMtl({ precision: 'float32' }), gramian).weights).toEqual([0.5, 0]);
  const exact = weighGramian(alignedMtl(), gramian).weights;
  expect(exact[0]).toBeCloseTo(0.5e-4, 15);
  expect(exact[1]).toBeCloseTo(0.5, 14);
});
