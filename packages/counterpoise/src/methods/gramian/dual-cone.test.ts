import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitRows } from '../../linalg/unit-rows.js';
import { multiply, sumOfSizes } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import { gramianFrom, type Kind, someGradients, weighGramian } from '../../testing/gramians.js';
import { expectOracle, oracleCases, oraclesMissing, oracleTitle } from '../../testing/oracle-cases.js';
import { dualproj } from './dualproj.js';
import { upgrad } from './upgrad.js';

const kinds: readonly Kind[] = [
  'independent',
  'acute',
  'conflicting',
  'dependent',
  'duplicated',
  'opposed',
  'zero-row',
];
const both = [
  ['upgrad', upgrad],
  ['dualproj', dualproj],
] as const;

/** Parts w_k |g_k| of the update, and its dot products with the unit gradients, of the gradients that are not zero. */
function seenFrom(gramian: Matrix, weights: readonly number[]) {
  const { live, norms, cosines } = unitRows(gramian);
  const parts = live.map((k, i) => weights[k]! * norms[i]!);
  return { live, norms, parts, gains: multiply(cosines, parts) };
}

/** i / (1 + ... + K), as in the oracles. */
const rising = (size: number) =>
  Object.fromEntries(Array.from({ length: size }, (_, i) => [`t${i + 1}`, (2 * (i + 1)) / (size * (size + 1))]));

describe.skipIf(oraclesMissing)(oracleTitle('upgrad and dualproj oracles'), () => {
  describe.each(both)('%s', (name, method) => {
    test.each([
      ['exact', () => ({}), 7],
      ['default', () => ({ regularization: 1e-4 }), 19],
      ['pref', (size: number) => ({ regularization: 1e-4, preference: rising(size) }), 19],
    ] as const)('%s', (variant, options, least) => {
      const cases = oracleCases(`${name}.json`, variant);
      expect(cases.length).toBeGreaterThan(least);
      for (const one of cases) {
        expectOracle(one, one.result, weighGramian(method(options(one.K)), one.gramian).weights, 1e-10);
      }
    });
  });
});

describe.each(both)('%s', (_, method) => {
  test('raises no loss, lengths over 0, 3 and 6 decades, 2 to 64 tasks', () => {
    const any = someGradients(kinds, [0, 3, 6], [2, 3, 5, 8, 16, 64]);
    fc.assert(
      fc.property(any, ({ rows }) => {
        const gramian = gramianFrom(rows);
        const { parts, gains } = seenFrom(gramian, weighGramian(method(), gramian).weights);
        expect(Math.min(...gains)).toBeGreaterThan(-1e-11 * sumOfSizes(parts));
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  test('one gradient a million times longer than the other, 100 degrees apart: neither loss rises', () => {
    const off = 1e6 * Math.cos((100 * Math.PI) / 180);
    const { weights } = weighGramian(method(), [
      [1, off],
      [off, 1e12],
    ]);
    expect(weights[0]! + weights[1]! * off).toBeGreaterThan(-1e-9);
    expect(weights[0]! * off + weights[1]! * 1e12).toBeGreaterThan(0);
    // Regularised as in TorchJD the short one loses: that is why 0 is the default.
    const torchjd = weighGramian(method({ regularization: 1e-4 }), [
      [1, off],
      [off, 1e12],
    ]).weights;
    expect(torchjd[0]! + torchjd[1]! * off).toBeLessThan(-1e3);
  });

  test('gradients that agree keep their preference', () => {
    const gramian = [
      [1, 0.5, 0],
      [0.5, 4, 1],
      [0, 1, 9],
    ];
    for (const weight of weighGramian(method(), gramian).weights) expect(weight).toBeCloseTo(1 / 3, 15);
    const given = { t1: 2, t3: 0 };
    expect(weighGramian(method({ preference: given }), gramian).weights).toEqual([2, 1 / 3, 0]);
    expect(weighGramian(method({ preference: 0.5 }), gramian).weights).toEqual([0.5, 0.5, 0.5]);
  });

  test.each([0, 1e-4])('a zero gradient stops nobody, regularization %d', (regularization) => {
    const gramian = [
      [4, 0, -2],
      [0, 0, 0],
      [-2, 0, 4],
    ];
    const { weights, reasons } = weighGramian(method({ regularization }), gramian);
    expect(weights[1]).toBe(1 / 3);
    const others = weighGramian(method({ regularization, preference: 1 / 3 }), [
      [4, -2],
      [-2, 4],
    ]).weights;
    expect(weights[0]).toBeCloseTo(others[0]!, 14);
    expect(weights[2]).toBeCloseTo(others[1]!, 14);
    expect(reasons).toEqual({
      t2: {
        code: 'no-gradient',
        message: 'the gradient of loss "t2" is zero: it has no say in the weights of the others',
      },
    });
    expect(weighGramian(method({ regularization }), [[0]]).weights).toEqual([1]);
  });

  test('opposed gradients meet at 0, equal ones share', () => {
    const { weights } = weighGramian(method(), [
      [4, -2],
      [-2, 1],
    ]);
    expect(2 * weights[0]!).toBeCloseTo(weights[1]!, 14);
    const shared = weighGramian(method(), [
      [1, 1, -1],
      [1, 1, -1],
      [-1, -1, 2],
    ]).weights;
    expect(shared[0]).toBeCloseTo(shared[1]!, 14);
  });

  test('lengths at the ends of the number range', () => {
    const extremes = [
      [
        [1e-320, 0],
        [0, 1e308],
      ],
      [
        [1e308, -1e308],
        [-1e308, 1e308],
      ],
      [
        [1e-290, -1e4],
        [-1e4, 1e300],
      ],
      [
        [1e-320, -1e-320],
        [-1e-320, 1e-320],
      ],
    ];
    for (const gramian of extremes) {
      for (const regularization of [0, 1e-4]) {
        const { weights } = weighGramian(method({ regularization }), gramian);
        for (const weight of weights) expect(weight > 0 && Number.isFinite(weight)).toBe(true);
      }
    }
  });
});

test('K = 2 by the closed forms: half of the sum of projections, and one projection', () => {
  const pair = fc.record({
    a: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    c: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    cosine: fc.double({ min: -0.999, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(pair, ({ a, c, cosine }) => {
      const b = cosine * Math.sqrt(a * c);
      const gramian = [
        [a, b],
        [b, c],
      ];
      const close = (actual: readonly number[], expected: readonly number[]) =>
        actual.forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-12 * expected[i]!);
        });
      close(weighGramian(upgrad(), gramian).weights, b >= 0 ? [0.5, 0.5] : [(1 - b / a) / 2, (1 - b / c) / 2]);
      const first = a + b < 0;
      const second = b + c < 0;
      close(
        weighGramian(dualproj(), gramian).weights,
        first ? [-b / a / 2, 0.5] : second ? [0.5, -b / c / 2] : [0.5, 0.5],
      );
    }),
    { seed: 2, numRuns: 300 },
  );
});

test('upgrad by hand: gradients (-4, 1, 1) and (6, 1, 1)', () => {
  const { weights } = weighGramian(upgrad(), [
    [18, -22],
    [-22, 38],
  ]);
  expect(weights[0]).toBeCloseTo((1 + 22 / 18) / 2, 14);
  expect(weights[1]).toBeCloseTo((1 + 22 / 38) / 2, 14);
});

test('dualproj is the nearest point of the dual cone: feasible, and orthogonal to what it moved by', () => {
  fc.assert(
    fc.property(someGradients(kinds, [0, 6], [2, 3, 5, 8, 16, 64]), ({ rows }) => {
      const gramian = gramianFrom(rows);
      const { norms, parts, gains } = seenFrom(gramian, weighGramian(dualproj(), gramian).weights);
      const scale = sumOfSizes(parts);
      const moved = parts.map((part, i) => part - norms[i]! / rows.length);
      for (const [i, move] of moved.entries()) {
        expect(move).toBeGreaterThan(-1e-11 * scale);
        expect(Math.min(move / scale, 1) * (gains[i]! / scale)).toBeLessThan(1e-10);
      }
    }),
    { seed: 3, numRuns: 150 },
  );
});

test('upgrad is linear in the lengths of the gradients', () => {
  fc.assert(
    fc.property(someGradients(kinds, [0], [2, 3, 5, 8]), fc.array(fc.nat(6), { minLength: 8 }), ({ rows }, powers) => {
      const parts = (factors: readonly number[]) => {
        const gramian = gramianFrom(rows.map((row, k) => row.map((value) => value * factors[k]!)));
        return weighGramian(upgrad(), gramian).weights.map((weight, k) => weight * factors[k]!);
      };
      const one = rows.map(() => 1);
      const other = rows.map((_, k) => 10 ** powers[k]!);
      const sum = parts(one.map((value, k) => value + other[k]!));
      const separate = parts(one).map((value, k) => value + parts(other)[k]!);
      const scale = Math.max(...separate);
      for (const [k, value] of sum.entries()) expect(Math.abs(value - separate[k]!)).toBeLessThan(1e-9 * scale);
    }),
    { seed: 4, numRuns: 60 },
  );
});

test('wrong options are refused by name', () => {
  expect(() => upgrad({ regularization: -1 })).toThrow('"regularization" must be in [0, inf), got -1');
  expect(() => dualproj({ preference: { a: -1 } })).toThrow('"preference" of loss "a" must be in [0, inf), got -1');
});
