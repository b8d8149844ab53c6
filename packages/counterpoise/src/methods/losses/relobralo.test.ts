import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { seeded } from '../../random.js';
import { byTask, expectNear } from '../../testing/loss-oracles.js';
import { type RelobraloOptions, relobralo } from './relobralo.js';

function run(options: RelobraloOptions, steps: readonly (readonly number[])[]): number[][] {
  const balancer = new Balancer(relobralo(options));
  return steps.map((losses) => Object.values(balancer.weigh({ losses: byTask(losses) }).weights));
}

/** K softmax(L / (T M)) by the formula. */
function balance(losses: readonly number[], before: readonly number[], temperature = 1): number[] {
  const powers = losses.map((loss, i) => Math.exp(loss / (temperature * before[i]!)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => (losses.length * power) / sum);
}

const steps = [
  [4, 100],
  [2, 90],
  [1, 99],
  [3, 60],
] as const;

test('by hand: 1 at first, the softmax of the ratios at the second loss, then the memory of alpha', () => {
  const answers = run({ alpha: 0.75, temperature: 0.5 }, steps);
  const b2 = balance(steps[1], steps[0], 0.5);
  const w3 = balance(steps[2], steps[1], 0.5).map((b, i) => 0.75 * b2[i]! + 0.25 * b);
  expect(answers[0]).toEqual([1, 1]);
  expectNear(answers[1]!, b2, 'second');
  expectNear(answers[2]!, w3, 'third');
  expectNear(
    answers[3]!,
    balance(steps[3], steps[2], 0.5).map((b, i) => 0.75 * w3[i]! + 0.25 * b),
    'fourth',
  );
});

test('rho 0 looks back to the first losses in every step', () => {
  const answers = run({ alpha: 0.75, rho: 0 }, steps);
  const first = balance(steps[3], steps[0]);
  expectNear(
    answers[3]!,
    balance(steps[3], steps[2]).map((b, i) => 0.75 * first[i]! + 0.25 * b),
    'fourth',
  );
});

test('rho between them does one or the other, as often as it says, and the same for the same seed', () => {
  // The memory is all of the weight here: a step that looks back has exactly the weights b(0), another keeps the last.
  const losses = Array.from({ length: 2000 }, (_, t) => [1 + (t % 7), 5 + (t % 3)]);
  const answers = run({ alpha: 1, rho: 0.7, seed: 5 }, losses);
  expect(run({ alpha: 1, rho: 0.7, seed: 5 }, losses)).toEqual(answers);
  const kept = answers.filter((weights, t) => t > 1 && weights.every((weight, i) => weight === answers[t - 1]![i]));
  // Besides some steps whose ratios are by chance those of the step kept: one of 21 in 0.3.
  expect(kept.length / losses.length).toBeGreaterThan(0.66);
  expect(kept.length / losses.length).toBeLessThan(0.76);
  expect(run({ alpha: 1, rho: 0.7, seed: 6 }, losses)).not.toEqual(answers);
});

test('the random numbers stay as they were where rho is 0 or 1, and before the third loss', () => {
  for (const [rho, count, moved] of [
    [1, 4, false],
    [0, 4, false],
    [0.5, 2, false],
    [0.5, 3, true],
  ] as const) {
    const balancer = new Balancer(relobralo({ rho, seed: 9 }));
    for (const losses of steps.slice(0, count)) balancer.weigh({ losses: byTask(losses) });
    const { random } = balancer.state().state as { random: number[] };
    expect(random.every((word, i) => word === seeded(9)[i])).toBe(!moved);
  }
});

test('weights add up to K, do not depend on the units, and zeros or extremes give no NaN', () => {
  const plain = run({ rho: 0.5 }, steps);
  const scaled = run(
    { rho: 0.5 },
    steps.map(([a, b]) => [a * 1e200, b * 1e-200]),
  );
  for (const [i, weights] of scaled.entries()) expectNear(weights, plain[i]!, `step ${i}`);
  const hard = [
    [0, 1],
    [0, 1e300],
    [1e300, 1e-300],
    [1e-300, 0],
    [1, 1],
  ];
  for (const weights of run({ rho: 0.5 }, hard)) {
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(2, 12);
    expect(Math.min(...weights)).toBeGreaterThan(0);
  }
});

test('a task that comes late starts by itself, at 1', () => {
  const balancer = new Balancer(relobralo(), { tasks: ['a', 'b'] });
  for (const a of [5, 4, 3]) balancer.weigh({ losses: { a } });
  expect(balancer.weigh({ losses: { a: 2, b: 7 } }).weights.b).toBe(1);
});

test('options, losses and memory are checked', () => {
  expect(() => relobralo({ temperature: 0 })).toThrow('"temperature" must be in (0, inf), got 0');
  expect(() => relobralo({ alpha: 1.5 })).toThrow('"alpha" must be in [0, 1], got 1.5');
  expect(() => run({}, [[-1]])).toThrow('must be at least 0 for relobralo');
  const task = { seen: 1, first: 1, last: 1, weight: 1 };
  const restore = (memory: unknown) => () => relobralo().restore(['a'], memory);
  expect(restore({ random: [0, 0, 0, 0], tasks: [task] })).toThrow('"state".random must be four 32-bit words');
  expect(restore({ random: [1, 2, 3, 4], tasks: [] })).toThrow('a list with one entry per loss');
  expect(restore({ random: [1, 2, 3, 4], tasks: [{ ...task, last: -1 }] })).toThrow('"state" of loss "a".last');
});
