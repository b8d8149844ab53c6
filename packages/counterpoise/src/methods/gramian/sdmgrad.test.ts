import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Matrix } from '../../matrix.js';
import { sdmgrad } from './sdmgrad.js';

const oracle = new URL('../../../../../../shared/oracles/sdmgrad.json', import.meta.url);
const missing = !existsSync(oracle);

interface Case {
  readonly id: string;
  readonly results: { readonly default: { readonly steps: readonly { stat: Matrix; weights: readonly number[] }[] } };
}

const weigh = (crossGramian: Matrix, options = {}) =>
  Object.values(new Balancer(sdmgrad(options)).weigh({ crossGramian }).weights);

test.skipIf(missing)(
  `TorchJD, three steps in a row${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`,
  () => {
    const cases: readonly Case[] = JSON.parse(readFileSync(oracle, 'utf8')).cases;
    expect(cases.length).toBe(20);
    let exact = 0;
    for (const { id, results } of cases) {
      const balancer = new Balancer(sdmgrad());
      for (const { stat, weights } of results.default.steps) {
        const ours = Object.values(balancer.weigh({ crossGramian: stat }).weights);
        const error = Math.max(...ours.map((weight, k) => Math.abs(weight - weights[k]!)));
        // The reference iteration amplifies round-off up to 1e9-fold where it never settles in a corner.
        expect(error, id).toBeLessThan(1e-4);
        if (error < 1e-9) exact += 1;
      }
    }
    expect(exact).toBeGreaterThan(50);
  },
);

test('one inner step by hand', () => {
  // Roots of the diagonal 1 and 3, mean 2: B = A / 4. u = (.5, .5) + .15: slope (.1625, 1.4625), step .1.
  const [a, b] = weigh(
    [
      [1, 0],
      [0, 9],
    ],
    { iterations: 1, learningRate: 0.1 },
  );
  expect(a).toBeCloseTo((0.565 + 0.15) / 1.3, 6);
  expect(b).toBeCloseTo((0.435 + 0.15) / 1.3, 6);
});

test('converges to the shortest combination for lambda 0, and to the mean for a large one', () => {
  const orthogonal = [
    [1, 0],
    [0, 4],
  ];
  const shortest = weigh(orthogonal, { lambda: 0, learningRate: 0.1, iterations: 1000, momentum: 0 });
  expect(shortest[0]).toBeCloseTo(0.8, 7);
  expect(shortest[1]).toBeCloseTo(0.2, 7);
  const mean = weigh(orthogonal, { lambda: 1e9 });
  expect(mean[0]).toBeCloseTo(0.5, 7);
});

test('a common unit of the losses changes nothing while the squared gradients are well above epsilon', () => {
  const matrix = [
    [2, -1],
    [-1.5, 3],
  ];
  const options = { learningRate: 0.1, epsilon: 1e-300 };
  const plain = weigh(matrix, options);
  for (const unit of [1e-200, 1e-9, 1e9, 1e200]) {
    const scaled = matrix.map((row) => row.map((value) => value * unit));
    for (const [k, weight] of weigh(scaled, options).entries()) expect(weight).toBeCloseTo(plain[k]!, 12);
  }
});

test('tasks in another order have the same weights, also where the descent does not settle', () => {
  const matrix = [
    [2, 0.3, -0.2, 0.1],
    [0.2, 1, 0.1, 0.4],
    [-0.1, 0.2, 3, 0],
    [0.2, 0.3, 0.1, 2.5],
  ];
  const turned = [...matrix].reverse().map((row) => [...row].reverse());
  expect(weigh(turned).reverse()).toEqual(weigh(matrix));
});

test('no signal leaves the weights; noise alone on the diagonal stays finite', () => {
  expect(
    weigh([
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([0.5, 0.5]);
  expect(weigh([[-5]])).toEqual([1]);
  const weights = weigh([
    [-1, 1e300],
    [-1e300, 1e-300],
  ]);
  expect(weights[0]! + weights[1]!).toBeCloseTo(1, 12);
});
