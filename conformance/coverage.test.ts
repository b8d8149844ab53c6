/** What the suite leaves out, and whether it would see a difference. */
import type { Need } from 'counterpoise';
import { allMethods } from 'counterpoise/catalog';
import { describe, expect, test } from 'vitest';
import { balancerFor, type Case, cases, fewCases, methodOf, UNSERVED, unservedByRegistry } from './cases.js';
import { adapters } from './engines/adapters.js';
import { trainOurs } from './engines/ours.js';
import { LENGTH, twoLosses } from './problems.js';
import { startOf, TOLERANCE } from './suite.js';
import { distance } from './trajectory.js';

const run = { ...LENGTH, boundary: 'parameters' } as const;
const ours = (problem = twoLosses, method = 'sum') =>
  trainOurs(problem, balancerFor({ method, options: {}, boundary: 'parameters' }, problem.losses), run);

describe('methods', () => {
  test('those left out are exactly those that the registry says an adapter cannot have', () => {
    expect(Object.keys(UNSERVED).sort()).toEqual([...unservedByRegistry()].sort());
    expect([...new Set(cases.map(({ method }) => method)), ...Object.keys(UNSERVED)].sort()).toEqual(
      Object.keys(allMethods).sort(),
    );
  });

  test('the few stand for all kinds of evidence', () => {
    const needsOf = (list: readonly Case[]) => [...new Set<Need>(list.flatMap((one) => methodOf(one).needs))].sort();
    expect(needsOf(fewCases)).toEqual(needsOf(cases));
  });

  test.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
    '%s refuses a method that compares batches',
    async (_, adapter) => {
      await adapter.start();
      const one: Case = { method: 'modo', options: {}, boundary: 'parameters' };
      const training = adapter.train(twoLosses, balancerFor(one, twoLosses.losses), run);
      await expect(training).rejects.toThrow(/^modo compares the gradients of .*take another method$/);
    },
  );
});

describe('the measure', () => {
  const start = startOf(twoLosses);

  test('the same twice is no distance', async () => {
    expect(distance(await ours(), await ours(), start)).toEqual({ losses: 0, weights: 0, parameters: 0 });
  });

  test('a learning rate 1 % larger, and another method, are seen', async () => {
    const faster = await ours({ ...twoLosses, learningRate: twoLosses.learningRate * 1.01 });
    const reference = await ours();
    expect(distance(faster, reference, start).parameters).toBeGreaterThan(TOLERANCE);
    expect(distance(faster, reference, start).losses).toBeGreaterThan(TOLERANCE);
    expect(distance(await ours(twoLosses, 'mean'), reference, start).weights).toBeCloseTo(0.5);
  });

  test('a single weight in a single step is seen, a small one as well', async () => {
    const reference = await ours(twoLosses, 'running-max');
    const weights = reference.weights.map((row, t) => (t === 30 ? [row[0]!, row[1]! * 1.01] : row));
    expect(distance({ ...reference, weights }, reference, start).weights).toBeGreaterThan(5 * TOLERANCE);
  });

  test('NaN is no agreement', async () => {
    const reference = await ours();
    const losses = reference.losses.map((row, t) => (t === 30 ? [Number.NaN, row[1]!] : row));
    expect(distance({ ...reference, losses }, reference, start).losses).toBeNaN();
    expect(distance({ ...reference, losses: losses.slice(1) }, reference, start).losses).toBeNaN();
  });
});
