import { describe, expect, test } from 'vitest';
import { simplexGrid } from './methods/fixed/grid.js';
import { extractStatic, type StaticTrial, type StaticWeights, searchStatic } from './static-search.js';

const tasks = ['a', 'b'];
/** Lowest where b / a = 3. */
const distance = ({ a, b }: StaticWeights) => Math.abs(Math.log(b! / a! / 3));

describe('searchStatic', () => {
  test('takes the best point of the default grid', async () => {
    const { best, trials } = await searchStatic({ tasks, evaluate: distance });
    expect(trials.map(({ weights }) => weights.b)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(best!.weights).toEqual({ a: 1, b: 1 });
    expect(best!.score).toBeCloseTo(Math.log(3), 14);
  });

  test('refines round the best: 7 points, then two per round, with the root of the factor after a round in vain', async () => {
    const { best, trials } = await searchStatic({ tasks, evaluate: distance, refinements: 6 });
    expect(trials.slice(7, 9).map(({ weights }) => weights.b)).toEqual([Math.sqrt(10), 1 / Math.sqrt(10)]);
    expect(trials.length).toBeLessThanOrEqual(7 + 12);
    expect(best!.score).toBeLessThan(0.06);
  });

  test('moves one weight at a time among three', async () => {
    const three = ['a', 'b', 'c'];
    const score = ({ b, c }: StaticWeights) => Math.log(b! / 7) ** 2 + Math.log(c! / 0.02) ** 2;
    const { best, trials } = await searchStatic({
      tasks: three,
      evaluate: score,
      points: [{ a: 1, b: 1, c: 0.1 }],
      refinements: 14,
    });
    expect(trials.length).toBeLessThanOrEqual(1 + 14 * 4);
    expect(best!.weights.b! / 7).toBeCloseTo(1, 1);
    expect(best!.weights.c! / 0.02).toBeCloseTo(1, 1);
  });

  test('a search that goes on evaluates only what is not known, wherever it was cut, and answers the same', async () => {
    const whole = await searchStatic({ tasks, evaluate: distance, refinements: 3 });
    for (let cut = 0; cut <= whole.trials.length; cut++) {
      const evaluated: StaticWeights[] = [];
      const resumed = await searchStatic({
        tasks,
        refinements: 3,
        known: JSON.parse(JSON.stringify(whole.trials.slice(0, cut))) as StaticTrial[],
        evaluate: (weights) => {
          evaluated.push(weights);
          return distance(weights);
        },
      });
      expect(resumed).toEqual(whole);
      expect(evaluated).toEqual(whole.trials.slice(cut).map(({ weights }) => weights));
    }
  });

  test('runs as many at a time as asked for, and the order of their ends changes nothing', async () => {
    let [running, most] = [0, 0];
    const evaluate = async (weights: StaticWeights) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 3 * distance(weights)));
      running--;
      return distance(weights);
    };
    const alone = await searchStatic({ tasks, evaluate });
    expect(most).toBe(1);
    expect(await searchStatic({ tasks, evaluate, concurrency: 3 })).toEqual(alone);
    expect(most).toBe(3);
  });

  test('the first of equal scores wins; NaN and infinity never do; a point given twice is tried once', async () => {
    const points = [...simplexGrid(tasks, 2), { b: 0.5, a: 0.5 }];
    const scores = new Map([
      [0, Number.NaN],
      [0.5, 2],
      [1, 2],
    ]);
    const { best, trials } = await searchStatic({ tasks, points, evaluate: ({ a }) => scores.get(a!)! });
    expect(best).toEqual({ weights: { a: 0.5, b: 0.5 }, score: 2 });
    expect(trials).toHaveLength(3);
    const lost = await searchStatic({ tasks, points, refinements: 4, evaluate: () => Number.POSITIVE_INFINITY });
    expect(lost.best).toBeUndefined();
    expect(lost.trials).toHaveLength(3);
  });

  test('bad options are refused, and what evaluate throws comes through', async () => {
    const evaluate = () => 0;
    await expect(searchStatic({ tasks: [], evaluate })).rejects.toThrow('"tasks" must name at least one loss');
    await expect(searchStatic({ tasks, evaluate, refinements: -1 })).rejects.toThrow(
      '"refinements" must be an integer in [0, inf), got -1',
    );
    await expect(searchStatic({ tasks, evaluate, concurrency: 0 })).rejects.toThrow(
      '"concurrency" must be an integer in [1, inf), got 0',
    );
    await expect(searchStatic({ tasks, evaluate, points: [{ a: 1 }] })).rejects.toThrow(
      'weights must be a finite number for a, b, got {"a":1}',
    );
    const failing = () => Promise.reject(new Error('no disk'));
    await expect(searchStatic({ tasks, evaluate: failing, concurrency: 4 })).rejects.toThrow('no disk');
  });
});

describe('extractStatic', () => {
  test('by hand: the last two of four steps, each scaled to the sum 2, then the mean', () => {
    const history = [
      { a: 9, b: 9 },
      { a: 0, b: 5 },
      { a: 1, b: 3 }, // 0.5, 1.5
      { a: 30, b: 10 }, // 1.5, 0.5
    ];
    expect(extractStatic(history)).toEqual({ a: 1, b: 1 });
    // Of five steps the last two.
    expect(extractStatic([...history, { a: 0, b: 0.1 }])).toEqual({ a: 0.75, b: 1.25 });
    expect(extractStatic([{ a: 1, b: 3 }])).toEqual({ a: 0.5, b: 1.5 });
  });

  test('negative weights count by their size, and steps without weights not at all', () => {
    const history = [
      { a: 1, b: 1 },
      { a: 1, b: 1 },
      { a: -1, b: 3 },
      { a: 0, b: 0 },
    ] as const;
    expect(extractStatic(history)).toEqual({ a: -0.5, b: 1.5 });
  });

  test('what is no history is refused', () => {
    expect(() => extractStatic([])).toThrow('"tasks" must name at least one loss');
    expect(() => extractStatic([{ a: 1 }, { a: 0 }])).toThrow('"history" must have a weight other than 0');
    expect(() => extractStatic([{ a: 1 }, { a: Number.NaN }])).toThrow('weights must be a finite number for a');
    expect(() => extractStatic([{ a: 1 }, { b: 1 }])).toThrow('weights must be a finite number for a, got {"b":1}');
  });
});
