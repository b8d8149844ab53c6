import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Matrix } from '../../matrix.js';
import { modo } from './modo.js';

const oracle = new URL('../../../../../../shared/oracles/modo.json', import.meta.url);
const missing = !existsSync(oracle);

interface Case {
  readonly id: string;
  readonly results: { readonly default: { readonly steps: readonly { stat: Matrix; weights: readonly number[] }[] } };
}

test.skipIf(missing)(
  `TorchJD, three steps in a row${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`,
  () => {
    const cases: readonly Case[] = JSON.parse(readFileSync(oracle, 'utf8')).cases;
    expect(cases.length).toBe(20);
    for (const { id, results } of cases) {
      const balancer = new Balancer(modo());
      for (const { stat, weights } of results.default.steps) {
        const ours = Object.values(balancer.weigh({ crossGramian: stat }).weights);
        for (const [k, weight] of ours.entries()) expect(weight, id).toBeCloseTo(weights[k]!, 12);
      }
    }
  },
);

test('two steps by hand', () => {
  const balancer = new Balancer(modo({ learningRate: 0.1, rho: 0 }));
  const crossGramian = [
    [1, 0],
    [0, 3],
  ];
  // (.5, .5) - .1 (.5, 1.5) = (.45, .35); both are short of the simplex by .1.
  const first = balancer.weigh({ crossGramian }).weights;
  expect(first.t1).toBeCloseTo(0.55, 14);
  // (.55, .45) - .1 (.55, 1.35) = (.495, .315); short by .095 each.
  const second = balancer.weigh({ crossGramian }).weights;
  expect(second.t1).toBeCloseTo(0.59, 14);
  expect(second.t2).toBeCloseTo(0.41, 14);
});

test('rho draws the weights together', () => {
  const balancer = new Balancer(modo({ rho: 5 }), { tasks: ['t1', 't2'] });
  balancer.weigh({
    crossGramian: [
      [0, 0],
      [0, 10],
    ],
  });
  const tilted = balancer.weigh({
    crossGramian: [
      [0, 0],
      [0, 0],
    ],
  }).weights;
  const later = balancer.weigh({
    crossGramian: [
      [0, 0],
      [0, 0],
    ],
  }).weights;
  expect(later.t1! - later.t2!).toBeCloseTo(0.5 * (tilted.t1! - tilted.t2!), 12);
});

test('huge entries end in a corner, not in NaN; a task that returns has its old share of the rest', () => {
  const balancer = new Balancer(modo(), { tasks: ['a', 'b', 'c'] });
  const huge = [
    [1, 0, 0],
    [0, 1e300, 0],
    [0, 0, -1e300],
  ];
  expect(balancer.weigh({ crossGramian: huge }).weights).toEqual({ a: 0, b: 0, c: 1 });
  const zero = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  expect(balancer.weigh({ crossGramian: zero, mask: { c: false } }).weights).toEqual({ a: 0.5, b: 0.5, c: 0 });
});
