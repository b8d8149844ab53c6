import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Matrix } from '../../matrix.js';
import { krum } from './krum.js';

const oracle = new URL('../../../../../../shared/oracles/krum.json', import.meta.url);
const missing = !existsSync(oracle);

interface Result {
  readonly error?: string;
  readonly weights: readonly number[];
  readonly tie: boolean;
  readonly negative_squared_distance: boolean;
  readonly roundoff_sensitivity: number;
}

interface Case {
  readonly id: string;
  readonly gramian: Matrix;
  readonly results: Readonly<Record<string, Result>>;
}

const gramianOf = (rows: Matrix) => rows.map((a) => rows.map((b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)));
const weigh = (rows: Matrix, options = {}) => new Balancer(krum(options)).weigh({ gramian: gramianOf(rows) });
const weights = (rows: Matrix, options = {}) => Object.values(weigh(rows, options).weights);

test.skipIf(missing)(
  `TorchJD, where no tie decides${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`,
  () => {
    const data: { cases: readonly Case[]; settings: Record<string, { n_byzantine: number; n_selected: number }> } =
      JSON.parse(readFileSync(oracle, 'utf8'));
    let compared = 0;
    for (const { id, gramian, results } of data.cases) {
      for (const [variant, expected] of Object.entries(results)) {
        if (
          expected.error ||
          expected.tie ||
          expected.negative_squared_distance ||
          expected.roundoff_sensitivity > 1e-7
        )
          continue;
        const { n_byzantine: byzantine, n_selected: selected } = data.settings[variant]!;
        const ours = new Balancer(krum({ byzantine, selected })).weigh({ gramian }).weights;
        // Of equal rows either may be named: what counts is the update.
        const gap = Object.values(ours).map((weight, k) => weight - expected.weights[k]!);
        const square = gap.reduce(
          (sum, a, i) => sum + gap.reduce((part, b, j) => part + a * b * gramian[i]![j]!, 0),
          0,
        );
        expect(square, `${id} ${variant}`).toBeLessThanOrEqual(1e-14 * Math.max(...gramian.map((row, k) => row[k]!)));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(20);
  },
);

test('leaves the faulty gradient out', () => {
  const rows = [
    [1, 0],
    [1.1, 0.1],
    [0.9, 0.1],
    [1, 0.3],
    [-500, 80],
  ];
  expect(weights(rows, { byzantine: 1 })).toEqual([1, 0, 0, 0, 0]);
  expect(weights(rows, { byzantine: 1, selected: 4 })).toEqual([0.25, 0.25, 0.25, 0.25, 0]);
});

test('distances are not squared', () => {
  // The two nearest of 0 lie 1 and 3.9 away: 4.9, squared 16.2. Those of 9: 2.6 and 2.6: 5.2, squared 13.5.
  const line = [[0], [1], [-3.9], [20], [22.6], [17.4]];
  expect(weights(line, { byzantine: 2 })).toEqual([1, 0, 0, 0, 0, 0]);
});

test('of two equal sums the shorter gradient is taken, whatever the order of the tasks', () => {
  expect(
    weights([
      [2, 0],
      [1, 0],
      [9, 0],
    ]),
  ).toEqual([0, 1, 0]);
  expect(
    weights([
      [1, 0],
      [9, 0],
      [2, 0],
    ]),
  ).toEqual([1, 0, 0]);
  expect(
    weights([
      [3, 0],
      [3, 0],
      [3, 0],
    ]),
  ).toEqual([1, 0, 0]);
});

test('fewer gradients than byzantine + 3: a reason, and the nearest one counts', () => {
  const { weights: pair, reasons } = weigh(
    [
      [2, 0],
      [1, 0],
    ],
    { byzantine: 4 },
  );
  expect(pair).toEqual({ t1: 0, t2: 1 });
  expect(reasons.t1).toEqual({
    code: 'fallback',
    message: 'krum needs 7 gradients ("byzantine" + 3) and has 2: counted the nearest one alone',
  });
  expect(weights([[5]], { selected: 3 })).toEqual([1]);
});

test('any scale, and gradients of zero length', () => {
  const rows = [
    [1, 0],
    [1.2, 0.1],
    [-4, 1],
    [3, 3],
  ];
  const expected = weights(rows);
  for (const unit of [1e-150, 1e150]) expect(weights(rows.map((row) => row.map((x) => x * unit)))).toEqual(expected);
  expect(weights([[0], [0], [0]])).toEqual([1, 0, 0]);
});
