/** Trains every case on our engine and on those behind the adapters, and compares. */
import { expect, test } from 'vitest';
import { balancerFor, cases, fewCases, labelOf } from './cases.js';
import type { Adapter } from './engines/adapters.js';
import { trainOurs } from './engines/ours.js';
import type { Problem } from './problem.js';
import { LENGTH } from './problems.js';
import { distance, type Trajectory } from './trajectory.js';

/** What is found is rounding: mostly 1e-6, up to 2e-4 where a method makes much of a small difference (`mgda`). */
export const TOLERANCE = 1e-3;

/** CONFORMANCE=all: every method on every engine for every problem, some minutes, with every distance. */
const isEverything = process.env.CONFORMANCE === 'all';

/** @param some adapters that train only with the methods of `fewCases`: another problem has all of them, or they are slow. */
export function compareEngines(problem: Problem, adapters: readonly Adapter[], some: readonly Adapter[]): void {
  for (const one of cases) {
    const chosen = adapters.filter((adapter) => isEverything || !some.includes(adapter) || fewCases.includes(one));
    test(`${labelOf(one)}: ours, ${chosen.map(({ name }) => name).join(', ')}`, async () => {
      const run = { ...LENGTH, boundary: one.boundary };
      const reference = await trainOurs(problem, balancerFor(one, problem.losses), run);
      for (const adapter of chosen) {
        await adapter.start();
        const before = adapter.live();
        const trajectory = await adapter.train(problem, balancerFor(one, problem.losses), run);
        expect(adapter.live(), `${adapter.name}: tensors after the training`).toBe(before);
        expectSame(adapter.name, trajectory, reference, problem);
      }
    });
  }
}

export function expectSame(name: string, trajectory: Trajectory, reference: Trajectory, problem: Problem): void {
  const { losses, weights, parameters } = distance(trajectory, reference, startOf(problem));
  expect(losses, `${name}: losses`).toBeLessThan(TOLERANCE);
  expect(weights, `${name}: weights`).toBeLessThan(TOLERANCE);
  expect(parameters, `${name}: parameters`).toBeLessThan(TOLERANCE);
  if (isEverything) {
    const [l, w, p] = [losses, weights, parameters].map((share) => share.toExponential(1));
    console.log(`${name}: losses ${l}, weights ${w}, parameters ${p}`);
  }
}

/** The parameters before the first step, as a trajectory has them after the last. */
export function startOf({ parameters }: Problem): readonly number[] {
  return Object.values(parameters).flatMap(({ values }) => values);
}
