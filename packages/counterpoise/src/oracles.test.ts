import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Balancer, type Method, mean, staticWeights, sum } from './index.js';

// Outputs of TorchJD 0.17.0 in float64. They lie beside the repository, not in it.
const folder = new URL('../../../../shared/oracles/', import.meta.url);
const missing = !existsSync(folder);
const title = missing ? 'TorchJD oracles: SKIPPED, ../shared/oracles is not here' : 'TorchJD oracles';

interface Scalarized {
  readonly losses: readonly number[];
  readonly value: number;
  readonly grad_losses: readonly number[];
  readonly weights?: readonly number[];
}

interface Aggregated {
  readonly weights: readonly number[];
}

interface Case<R> {
  readonly id: string;
  readonly K: number;
  readonly results: { readonly default: R };
}

function read<R>(file: string): readonly Case<R>[] {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')).cases;
}

const byIndex = (values: readonly number[]) => Object.fromEntries(values.map((value, i) => [`task${i}`, value]));

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
}

describe.skipIf(missing)(title, () => {
  const scalarizers: readonly [string, (expected: Scalarized) => Method][] = [
    ['scalarizer_sum.json', () => sum()],
    ['scalarizer_mean.json', () => mean()],
    ['scalarizer_constant.json', ({ weights }) => staticWeights({ weights: byIndex(weights!) })],
  ];
  test.each(scalarizers)('%s: value and gradient', (file, create) => {
    const cases = read<Scalarized>(file);
    expect(cases.length).toBeGreaterThan(5);
    for (const { results } of cases) {
      const expected = results.default;
      const { weights, total } = new Balancer(create(expected)).weigh({ losses: byIndex(expected.losses) });
      expectNear(Object.values(weights), expected.grad_losses);
      expect(Math.abs(total - expected.value)).toBeLessThanOrEqual(1e-12 * Math.abs(expected.value));
    }
  });

  const aggregators: readonly [string, (expected: Aggregated) => Method][] = [
    ['sum.json', () => sum()],
    ['mean.json', () => mean()],
    ['constant.json', ({ weights }) => staticWeights({ weights: byIndex(weights) })],
  ];
  test.each(aggregators)('%s: weights of the gradients', (file, create) => {
    const cases = read<Aggregated>(file);
    expect(cases.length).toBeGreaterThan(5);
    for (const { K, results } of cases) {
      const losses = byIndex(Array.from({ length: K }, (_, i) => i + 1));
      expectNear(
        Object.values(new Balancer(create(results.default)).weigh({ losses }).weights),
        results.default.weights,
      );
    }
  });
});
