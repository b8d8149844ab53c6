import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { cholesky } from '../../linalg/cholesky.js';
import type { Matrix } from '../../matrix.js';
import { imtl } from './imtl.js';

const oracle = new URL('../../../../../../shared/oracles/libmtl_imtl.json', import.meta.url);
const missing = !existsSync(oracle);

interface Result {
  readonly error?: string;
  readonly losses: readonly number[];
  readonly loss_scale: readonly number[];
  readonly weights: readonly number[];
  readonly aggregated: readonly number[];
  readonly grad_loss_scale: readonly number[];
}

interface Case {
  readonly id: string;
  readonly matrix: Matrix;
  readonly gramian: Matrix;
  readonly results: Readonly<Record<string, Result>>;
}

const named = (values: readonly number[]) => Object.fromEntries(values.map((value, k) => [`t${k + 1}`, value]));

test.skipIf(missing)(
  `LibMTL: update and gradient of the scales${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`,
  () => {
    const cases: readonly Case[] = JSON.parse(readFileSync(oracle, 'utf8')).cases;
    let compared = 0;
    for (const { id, matrix, gramian, results } of cases) {
      // The plain inverse of LibMTL has noise for an answer where gradients are dependent.
      if (!cholesky(gramian, 1e-10)) continue;
      for (const [variant, result] of Object.entries(results)) {
        expect(result.error).toBeUndefined();
        const initial = named(result.loss_scale);
        const method = imtl({ initial });
        const evidence = { losses: named(result.losses), gramian };
        const { weights, state } = method.update(evidence, method.init(Object.keys(initial)));
        const values = Object.values(weights);
        const scale = Math.max(...result.aggregated.map(Math.abs));
        result.aggregated.forEach((expected, i) => {
          const ours = values.reduce((sum, weight, k) => sum + weight * matrix[k]![i]!, 0);
          expect(Math.abs(ours - expected), `${id} ${variant}`).toBeLessThan(1e-8 * scale);
        });
        // The first moment of Adam is a tenth of the gradient.
        for (const [k, scalar] of state.memory.entries())
          expect(scalar!.m).toBeCloseTo(result.grad_loss_scale[k]! / 10, 10);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(15);
  },
);

test('by hand: orthogonal gradients of the logarithms, weighed by their inverse lengths', () => {
  // s = -log L at first: lengths 6/2 = 3 and 4/4 = 1; alpha = 1/4, 3/4; weights alpha / L.
  const { weights } = new Balancer(imtl()).weigh({
    losses: { a: 2, b: 4 },
    gramian: [
      [36, 0],
      [0, 16],
    ],
  });
  expect(weights.a).toBeCloseTo(0.125, 14);
  expect(weights.b).toBeCloseTo(0.1875, 14);
});

test('losses in any unit have the same terms, over a run', () => {
  const terms = (unit: number) => {
    const balancer = new Balancer(imtl());
    return [3, 2, 0.5].map((loss) => {
      const gramian = [
        [4 * unit * unit, -unit],
        [-unit, 9],
      ];
      return balancer.weigh({ losses: { a: loss * unit, b: 1 + loss }, gramian }).terms;
    });
  };
  const plain = terms(1);
  for (const unit of [1e-100, 1e-3, 1e3, 1e100]) {
    terms(unit).forEach(({ a, b }, i) => {
      expect(a! / plain[i]!.a!).toBeCloseTo(1, 9);
      expect(b! / plain[i]!.b!).toBeCloseTo(1, 9);
    });
  }
});

test('a loss of 0 from the start and a zero gradient harm nobody', () => {
  const gramian = [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 4],
  ];
  const { weights, reasons } = new Balancer(imtl()).weigh({ losses: { a: 0, b: 1, c: 2 }, gramian });
  expect(weights.a).toBe(0);
  expect(reasons.a?.code).toBe('no-gradient');
  expect(weights.b).toBeCloseTo(0.5, 14);
  expect(weights.c).toBeCloseTo(0.25, 14);
  const unknown = new Balancer(imtl()).weigh({
    losses: { a: 0, b: 0 },
    gramian: [
      [1, 0],
      [0, 1],
    ],
  });
  expect(unknown.weights).toEqual({ a: 0.5, b: 0.5 });
});
