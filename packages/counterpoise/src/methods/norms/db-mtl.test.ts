import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Matrix } from '../../matrix.js';
import { dbMtl } from './db-mtl.js';

const oracle = new URL('../../../../../../shared/oracles/libmtl_db_mtl.json', import.meta.url);
const missing = !existsSync(oracle);

interface Step {
  readonly matrix: Matrix;
  readonly losses: readonly number[];
  readonly aggregated: readonly number[];
}

interface Case {
  readonly id: string;
  readonly results: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

const named = (values: readonly number[]) => Object.fromEntries(values.map((value, k) => [`t${k + 1}`, value]));

test.skipIf(missing)(
  `LibMTL: its first step is 1 - beta times beta 0${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`,
  () => {
    const cases: readonly Case[] = JSON.parse(readFileSync(oracle, 'utf8')).cases;
    expect(cases.length).toBe(20);
    for (const { id, results } of cases) {
      for (const [variant, beta] of [
        ['b0.9_s0', 0.9],
        ['b0.5_s0.5', 0.5],
      ] as const) {
        const { matrix, losses, aggregated } = results[variant]!.steps[0]!;
        const norms = matrix.map((row) => Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)));
        const { weights } = new Balancer(dbMtl()).weigh({ losses: named(losses), gradientNorms: named(norms) });
        const values = Object.values(weights);
        // All terms are equally long; where they cancel, their length still sets the scale of the round-off.
        const scale = (1 - beta) * Math.max(...values.map((weight, k) => weight * norms[k]!));
        aggregated.forEach((expected, i) => {
          const ours = values.reduce((sum, weight, k) => sum + weight * matrix[k]![i]!, 0);
          expect(Math.abs((1 - beta) * ours - expected), `${id} ${variant}`).toBeLessThan(1e-5 * scale);
        });
      }
    }
  },
);

test('by hand: both gradients of the logarithms are as long as the longer', () => {
  // p = 6/2 = 3 and 1/4: weights 3/3/2 and 3/.25/4.
  const { weights } = new Balancer(dbMtl({ epsilon: 1e-12 })).weigh({
    losses: { a: 2, b: 4 },
    gradientNorms: { a: 6, b: 1 },
  });
  expect(weights.a).toBeCloseTo(0.5, 10);
  expect(weights.b).toBeCloseTo(3, 9);
});

test('a loss in another unit has the same term', () => {
  const term = (unit: number) =>
    new Balancer(dbMtl()).weigh({ losses: { a: 2 * unit, b: 4 }, gradientNorms: { a: 6 * unit, b: 1 } }).terms;
  expect(term(1000).a).toBeCloseTo(term(1).a!, 7);
  expect(term(1000).b).toBeCloseTo(term(1).b!, 6);
});

test('a zero gradient is not stretched and stops nobody; a zero loss stays finite', () => {
  const { weights, reasons } = new Balancer(dbMtl()).weigh({
    losses: { a: 4, b: 0, c: 2 },
    gradientNorms: { a: 0, b: 0, c: 3 },
  });
  expect(weights.a).toBeCloseTo(0.25, 8);
  expect(weights.b).toBeCloseTo(1e8, 0);
  expect(weights.c).toBeCloseTo(0.5, 7);
  expect(reasons.a).toEqual({ code: 'no-gradient', message: 'the gradient of loss "a" is 0: its weight is 1 / loss' });
  expect(reasons.c).toBeUndefined();
});

test('a negative loss has no logarithm', () => {
  const weigh = () => new Balancer(dbMtl()).weigh({ losses: { a: -1 }, gradientNorms: { a: 1 } });
  expect(weigh).toThrow('loss "a" must be at least 0 for db-mtl, got -1');
});
