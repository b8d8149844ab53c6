import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { methods } from './catalog.js';
import type { MethodName } from './create-method.js';
import { Balancer, type Reason } from './index.js';
import { deviation, play, updateOf } from './testing/measure.test.helper.js';
import { evidenceOf, type Frame, makeRuns, reordered } from './testing/runs.test.helper.js';
import { allVariants, methodVariants } from './testing/variants.test.helper.js';

// Every method with every option, and every wrapper, must behave alike wherever docs/balancing.md says "all methods".

const wild = makeRuns(30, { wild: true });
const regular = makeRuns(20, { kinds: ['random', 'conflicting', 'long'], seed: 5 });

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

/** Plain comparisons, and an assertion only where one fails: `expect` would take most of the time of this suite. */
function check(isRight: boolean, what: string, seen?: unknown): void {
  if (!isRight) expect.fail(`${what}: ${JSON.stringify(seen)}`);
}

/** In second place: a method may take the first task for its reference. */
function insert<T>(list: readonly T[], item: T): T[] {
  return [list[0]!, item, ...list.slice(1)];
}

const isOut = (reason: Reason | undefined) => reason?.code === 'absent' || reason?.code === 'not-finite';

test.each(Object.entries(methodVariants))('every option of %s is used in this suite', (name, variants) => {
  const used = new Set<string>(variants.flatMap((options) => Object.keys(options)));
  expect(Object.keys(methods[name as MethodName].options).filter((option) => !used.has(option))).toEqual([]);
});

describe.each(allVariants.map((variant) => [variant.label, variant] as const))('%s', (_, variant) => {
  const method = variant.create();

  test('weights and total are finite, total = sum of terms = sum of weight times loss, arguments stay', () => {
    for (const [n, { tasks, priorities, frames }] of wild.entries()) {
      let state = deepFreeze(method.init(deepFreeze([...tasks])));
      for (const frame of frames) {
        const evidence = deepFreeze({ ...evidenceOf(tasks, frame), priorities });
        const { weights, terms, total, reasons, state: next } = method.update(evidence, state);
        state = deepFreeze(next);
        let sum = 0;
        check(isDeepStrictEqual([Object.keys(weights), Object.keys(terms)], [tasks, tasks]), `run ${n}: keys`, terms);
        for (const [k, task] of tasks.entries()) {
          const term = isOut(reasons[task]) ? 0 : weights[task]! * frame.losses[k]!;
          check(Number.isFinite(weights[task]), `run ${n}: weight of ${task}`, { weights, evidence });
          check(terms[task] === term, `run ${n}: term of ${task}`, { terms, term });
          check(
            !variant.positive || isOut(reasons[task]) || weights[task]! > 0 === priorities[task]! > 0,
            `run ${n}: sign of ${task}`,
            weights,
          );
          check(priorities[task] !== 0 || weights[task] === 0, `run ${n}: priority 0 of ${task}`, weights);
          sum += terms[task]!;
        }
        check(total === sum && Number.isFinite(total), `run ${n}: total`, { total, sum });
      }
    }
  });

  test('the state is plain JSON and resumes bit for bit after every step', () => {
    for (const [n, { tasks, priorities, frames }] of wild.entries()) {
      const undisturbed = new Balancer(method, { tasks, priorities });
      const fresh = variant.create();
      let state = method.init(tasks);
      for (const frame of frames) {
        const evidence = { ...evidenceOf(tasks, frame), priorities };
        const resumed = new Balancer(fresh, { priorities });
        resumed.load(JSON.parse(JSON.stringify(undisturbed.state())));
        const [there, here] = [resumed.weigh(evidence), undisturbed.weigh(evidence)];
        check(isDeepStrictEqual(there, here), `run ${n}: weighing`, { there, here });
        check(isDeepStrictEqual(resumed.state(), undisturbed.state()), `run ${n}: state`, resumed.state());
        // The memory itself, not only its copy, holds nothing that JSON would change.
        state = method.update(evidence, state).state;
        check(isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state), `run ${n}: memory`, state);
      }
    }
  });

  test.runIf(variant.symmetric)('permuting the tasks permutes the weights', () => {
    for (const [n, { tasks, frames }] of [...wild, ...regular].entries()) {
      const order = tasks.map((_, k) => tasks.length - 1 - k);
      const straight = play(method, { tasks, frames });
      const turned = play(method, { tasks: [...tasks].reverse(), frames: frames.map((f) => reordered(f, order)) });
      straight.forEach(({ weights }, i) => {
        const [a, b] = [weights, turned[i]!.weights].map((record) => tasks.map((task) => record[task]!));
        if (!variant.sees) check(deviation(a!, b!) <= 1e-9, `run ${n}, step ${i}`, { a, b });
        // Dependent gradients leave the weights open, but not the update.
        const [p, q] = [updateOf(frames[i]!, a!), updateOf(frames[i]!, b!)];
        const off = Math.max(...p.update.map((value, j) => Math.abs(value - q.update[j]!)));
        check(off <= 1e-6 * p.size, `run ${n}, step ${i}: update`, { kind: frames[i]!.kind, a, b, off, size: p.size });
      });
    }
  });

  test('a masked task is as if it were never there', () => {
    for (const [n, { tasks, frames }] of wild.entries()) {
      const without = play(method, { tasks, frames });
      const ghosts = frames.map(
        (frame, i): Frame => ({
          ...frame,
          losses: insert(frame.losses, [3, Number.NaN, undefined, 0][(n + i) % 4]),
          after: insert(frame.after, 1),
          rows: insert(
            frame.rows,
            frame.rows[0]!.map(() => 1e3),
          ),
          second: insert(
            frame.second,
            frame.rows[0]!.map(() => Number.NaN),
          ),
          mask: insert(frame.mask, false),
        }),
      );
      play(method, { tasks: insert(tasks, 'ghost'), frames: ghosts }).forEach(({ weights, total }, i) => {
        const expected = without[i]!;
        const same = isDeepStrictEqual(weights, { ...expected.weights, ghost: 0 }) && total === expected.total;
        check(same, `run ${n}, step ${i}`, { weights, expected });
      });
    }
  });

  test('priorities multiply the weights', () => {
    for (const [n, { tasks, frames }] of regular.entries()) {
      const priorities = Object.fromEntries(tasks.map((task, k) => [task, [4, 0.5, 0, 2, 1][k]!]));
      const base = play(method, { tasks, frames });
      const balancer = new Balancer(method, { tasks, priorities });
      frames.forEach((frame, i) => {
        const { weights } = balancer.weigh(evidenceOf(tasks, frame));
        const expected = tasks.map((task) => priorities[task]! * base[i]!.weights[task]!);
        const actual = tasks.map((task) => weights[task]!);
        // Up to the common factor of a renormalisation.
        const factor = actual[0] === 0 ? 1 : expected[0]! / actual[0]!;
        check(
          deviation(
            actual.map((w) => w * factor),
            expected,
          ) <= 1e-9,
          `run ${n}, step ${i}`,
          { actual, expected },
        );
      });
    }
  });
});
