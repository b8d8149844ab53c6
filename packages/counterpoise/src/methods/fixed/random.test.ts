import { describe, expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { Random, seeded } from '../../random.js';
import { random, randomRow } from './random.js';

const distributions = ['normal', 'uniform', 'dirichlet', 'bernoulli', 'constrained-bernoulli'] as const;
const tasks = ['a', 'b', 'c'];
const losses = { a: 1, b: 1e6, c: -3 };

const draw = (distribution: (typeof distributions)[number], steps: number, seed = 0) => {
  const balancer = new Balancer(random({ distribution, seed }), { tasks });
  return Array.from({ length: steps }, () => Object.values(balancer.weigh({ losses }).weights));
};

/** Mean square of a weight: tells the distributions apart. */
const meanSquare = (rows: readonly number[][]) => rows.flat().reduce((sum, w) => sum + w * w, 0) / (3 * rows.length);

describe.each(distributions)('%s', (distribution) => {
  test('weights >= 0 with sum 1 and mean 1 / K, other ones for another seed', () => {
    const rows = draw(distribution, 4000);
    for (const row of rows) {
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    }
    for (const k of [0, 1, 2]) {
      // Standard error at most 0.471 / sqrt(4000).
      expect(Math.abs(rows.reduce((sum, row) => sum + row[k]!, 0) / 4000 - 1 / 3)).toBeLessThan(0.03);
    }
    expect(draw(distribution, 8, 1)).not.toEqual(rows.slice(0, 8));
  });

  test('goes on from a saved state with the numbers it would have drawn', () => {
    const whole = new Balancer(random({ distribution }), { tasks });
    whole.weigh({ losses });
    const resumed = new Balancer(random({ distribution }));
    resumed.load(JSON.parse(JSON.stringify(whole.state())));
    for (let step = 0; step < 5; step++) expect(resumed.weigh({ losses })).toEqual(whole.weigh({ losses }));
  });

  test('an absent task draws nothing, and alone a task weighs 1', () => {
    const three = new Balancer(random({ distribution }), { tasks });
    const two = new Balancer(random({ distribution }), { tasks: ['a', 'c'] });
    for (let step = 0; step < 5; step++) {
      const { weights } = three.weigh({ losses, mask: { b: false } });
      expect(weights).toEqual({ ...two.weigh({ losses: { a: 1, c: 2 } }).weights, b: 0 });
    }
    expect(three.weigh({ losses: { c: 1 } }).weights.c).toBe(1);
    const before = three.state().state;
    three.weigh({ losses: {} });
    expect(three.state().state).toEqual(before);
  });
});

test('normal by hand: softmax of the first three normals of the seed', () => {
  const source = new Random(seeded(5));
  const powers = [0, 0, 0].map(() => Math.exp(source.normal()));
  const sum = powers.reduce((a, b) => a + b);
  draw('normal', 1, 5)[0]!.forEach((weight, k) => {
    expect(weight).toBeCloseTo(powers[k]! / sum, 14);
  });
});

test('uniform: no weight is e times another', () => {
  for (const row of draw('uniform', 500)) expect(Math.max(...row) / Math.min(...row)).toBeLessThan(Math.E);
});

test('dirichlet: mean square 2 / (K (K + 1)), as on the whole simplex', () => {
  expect(meanSquare(draw('dirichlet', 4000))).toBeCloseTo(1 / 6, 1.8);
});

test('bernoulli: each of the seven subsets of three tasks equally often', () => {
  const counts = new Map<string, number>();
  for (const row of draw('bernoulli', 7000)) {
    const chosen = row.filter((weight) => weight > 0);
    expect(chosen.every((weight) => weight === 1 / chosen.length)).toBe(true);
    const key = row.map((weight) => (weight > 0 ? 1 : 0)).join('');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(7);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('constrained-bernoulli: one task at a time', () => {
  for (const row of draw('constrained-bernoulli', 100)) expect([...row].sort()).toEqual([0, 0, 1]);
});

test('bad options and states are refused', () => {
  expect(() => randomRow.create(JSON.parse('{"distribution":"cauchy"}'))).toThrow(
    '"distribution" must be one of normal, uniform, dirichlet, bernoulli, constrained-bernoulli, got "cauchy"',
  );
  expect(() => random({ seed: -1 })).toThrow('"seed" must be an integer in [0, 4294967295], got -1');
  expect(() => random().restore(['a'], [0, 0, 0, 0])).toThrow('"state" must be four 32-bit words, not all 0');
});
