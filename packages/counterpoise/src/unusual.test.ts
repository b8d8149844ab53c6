import { describe, expect, test } from 'vitest';
import { Balancer } from './index.js';
import { play } from './testing/measure.test.helper.js';
import { evidenceOf, type Frame, makeRuns, type Run } from './testing/runs.test.helper.js';
import { allVariants } from './testing/variants.test.helper.js';

// Every method with every option, and every wrapper, where losses and gradients are not what one expects.

/** One run that is safe for any method: three tasks, independent gradients. */
const plain = makeRuns(20, { kinds: ['random', 'conflicting', 'long'], seed: 5 }).find(
  ({ tasks }) => tasks.length === 3,
)!;

describe.each(allVariants.map((variant) => [variant.label, variant] as const))('%s', (_, variant) => {
  const method = variant.create();

  test('absent has three spellings, weight 0, and leaves the statistics alone', () => {
    const { tasks, frames } = plain;
    const before = method.update(evidenceOf(tasks, frames[0]!), method.init(tasks)).state;
    const evidence = evidenceOf(tasks, frames[0]!);
    const { [tasks[1]!]: _, ...others } = evidence.losses;
    const spellings = [
      { ...evidence, losses: others },
      { ...evidence, losses: { ...others, [tasks[1]!]: undefined } },
      { ...evidence, losses: { ...others, [tasks[1]!]: 0 }, mask: { [tasks[1]!]: false } },
    ];
    const answers = spellings.map((spelling) => method.update(spelling, before));
    for (const answer of answers) {
      expect(answer).toStrictEqual(answers[0]);
      expect([answer.weights[tasks[1]!], answer.terms[tasks[1]!]]).toEqual([0, 0]);
      expect(answer.reasons[tasks[1]!]?.code).toBe('absent');
    }
    const none = method.update({ ...evidence, losses: {} }, before);
    expect(none.state).toStrictEqual(before);
    expect(none.total).toBe(0);
  });

  const bad = {
    loss: 'losses',
    norm: 'gradientNorms',
    maximum: 'gradientMax',
    mean: 'gradientMean',
    square: 'gramian',
    product: 'crossGramian',
  } as const;
  const seen = Object.entries(bad).filter(([, need]) => need === 'losses' || method.needs.includes(need));
  test.each(seen)(
    'a %s that is not finite is held back with a reason, and its step leaves the state as it was',
    (_, need) => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const { tasks, frames } = plain;
        const evidence = evidenceOf(tasks, frames[0]!);
        const start = method.init(tasks);
        const after = method.update(evidence, start).state;
        // A wrapper that rests does not look at gradients.
        const before = need === 'losses' || method.needsNow(after).includes(need) ? after : start;
        const [first, task] = [tasks[0]!, tasks[1]!];
        const broken =
          need === 'gramian' || need === 'crossGramian'
            ? evidence[need].map((row, i) => row.map((entry, j) => (i === 1 || j === 1 ? value : entry)))
            : { ...evidence[need], [task]: value };
        const held = method.update({ ...evidence, [need]: broken }, before);
        expect([held.weights[task], held.terms[task]]).toEqual([0, 0]);
        expect(held.reasons[task]).toEqual({ code: 'not-finite', message: expect.stringContaining(`is ${value}`) });
        expect(Number.isFinite(held.weights[first])).toBe(true);
        expect(held.state).toBe(before);
      }
    },
  );

  test('a zero loss and a zero gradient, also from the start, stop no one', () => {
    const { tasks, frames } = plain;
    const zeros: Frame[] = [true, false].map((all) => ({
      ...frames[0]!,
      losses: frames[0]!.losses.map((loss, k) => (all || k === 0 ? 0 : loss)),
      rows: frames[0]!.rows.map((row, k) => (all || k === 0 ? row.map(() => 0) : row)),
      second: frames[0]!.second.map((row, k) => (all || k === 0 ? row.map(() => 0) : row)),
    }));
    const [first, second] = play(method, { tasks, frames: zeros });
    // Not toBe, for which 0 and -0 differ.
    expect(first!.total === 0 && second!.terms[tasks[0]!] === 0).toBe(true);
    for (const { weights } of [first!, second!]) {
      expect(Object.values(weights).every(Number.isFinite)).toBe(true);
      if (variant.positive) expect(Object.values(weights).every((weight) => weight > 0)).toBe(true);
    }
  });

  test('a negative loss is either weighed or refused by name, and a refusal leaves the balancer as it was', () => {
    const { tasks, frames } = plain;
    const balancer = new Balancer(method, { tasks });
    balancer.weigh(evidenceOf(tasks, frames[0]!));
    const before = balancer.state();
    const negative = {
      ...evidenceOf(tasks, frames[0]!),
      losses: { [tasks[0]!]: 1, [tasks[1]!]: -0.5, [tasks[2]!]: 2 },
    };
    if (variant.signed) expect(Number.isFinite(balancer.weigh(negative).total)).toBe(true);
    else {
      expect(() => balancer.weigh(negative)).toThrow(/loss "box" must be at least 0 for .*, got -0.5/);
      expect(balancer.state()).toStrictEqual(before);
    }
  });

  test('one task alone has finite weights', () => {
    const run: Run = {
      tasks: ['class'],
      frames: makeRuns(1, { wild: true, steps: 8, seed: 9 })[0]!.frames,
      priorities: {},
    };
    for (const { weights, total } of play(method, run))
      expect([weights.class, total].every(Number.isFinite)).toBe(true);
  });

  test.each([1e-300, 1e-100, 1e100, 1e300])('losses of %s and long or short gradients give finite weights', (size) => {
    const root = Math.sqrt(size);
    const [frame] = plain.frames;
    const losses = frame!.losses.map((loss, k) => (k === 0 ? 1 : loss! * size * 1e-3));
    const grow = (rows: Frame['rows']) =>
      rows.map((row, k) => row.map((value) => (k === 0 ? value : value * root * 0.1)));
    const extreme: Frame = {
      ...frame!,
      losses,
      after: losses.map((loss) => 0.5 * loss),
      rows: grow(frame!.rows),
      second: grow(frame!.second),
    };
    for (const { weights, total } of play(method, { tasks: plain.tasks, frames: [extreme, frame!, extreme] })) {
      expect([...Object.values(weights), total].every(Number.isFinite)).toBe(true);
    }
  });

  test('losses given as anything but numbers are refused by name', () => {
    const { tasks, frames } = plain;
    const evidence = { ...evidenceOf(tasks, frames[0]!), losses: JSON.parse('{"class":"3","box":1,"mask":1}') };
    expect(() => method.update(evidence, method.init(tasks))).toThrow('loss "class" must be a number, got "3"');
  });
});
