import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import type { Matrix } from '../../matrix.js';
import { type GradNormMemory, type GradNormOptions, gradNorm } from './grad-norm.js';

const oracle = new URL('../../../../../../shared/oracles/libmtl_gradnorm.json', import.meta.url);
const missing = !existsSync(oracle);

interface Result {
  readonly losses: readonly number[];
  readonly initial_losses: readonly number[];
  readonly loss_scale: readonly number[];
  readonly alpha: number;
  readonly weights: readonly number[];
  readonly grad_loss_scale: readonly number[];
}

interface Case {
  readonly id: string;
  readonly gramian: Matrix;
  readonly results: Readonly<Record<string, Result>>;
}

const named = (values: readonly number[]) => Object.fromEntries(values.map((value, k) => [`t${k + 1}`, value]));
const started = (value: number) => ({ value, m: 0, v: 0, filled1: 0, filled2: 0 });

test.skipIf(missing)(`LibMTL: weights and gradient${missing ? ': SKIPPED, ../shared/oracles is not here' : ''}`, () => {
  const cases: readonly Case[] = JSON.parse(readFileSync(oracle, 'utf8')).cases;
  let compared = 0;
  for (const { id, gramian, results } of cases) {
    for (const [variant, result] of Object.entries(results)) {
      const method = gradNorm({ alpha: result.alpha, parametrisation: 'softmax' });
      const tasks = result.losses.map((_, k) => `t${k + 1}`);
      const memory = result.loss_scale.map((value, k) => ({
        first: result.initial_losses[k]!,
        learned: started(value),
      }));
      const gradientNorms = gramian.map((row, k) => Math.sqrt(row[k]!));
      const evidence = { losses: named(result.losses), gradientNorms: named(gradientNorms) };
      const { weights, state } = method.update(evidence, method.restore(tasks, memory));
      const ours = Object.values(weights);
      for (const [k, weight] of ours.entries()) expect(weight, `${id} ${variant}`).toBeCloseTo(result.weights[k]!, 10);
      // The first moment of Adam is a tenth of the gradient, ours divided by the mean length.
      const mean = ours.reduce((sum, weight, k) => sum + (weight * gradientNorms[k]!) / ours.length, 0);
      const scale = Math.max(...result.grad_loss_scale.map(Math.abs));
      for (const [k, { learned }] of state.memory.entries()) {
        const error = Math.abs(learned.m * 10 * mean - result.grad_loss_scale[k]!);
        expect(error, `${id} ${variant}`).toBeLessThanOrEqual(1e-9 * Math.max(scale, mean));
      }
      compared += 1;
    }
  }
  expect(compared).toBe(60);
});

test('one step of the paper by hand: Adam moves each weight by its step length, then they add up to K', () => {
  const balancer = new Balancer(gradNorm({ parametrisation: 'additive' }), { tasks: ['a', 'b'] });
  const evidence = { losses: { a: 1, b: 5 }, gradientNorms: { a: 1, b: 3 } };
  expect(balancer.weigh(evidence).weights).toEqual({ a: 1, b: 1 });
  // G = 2, r = 1: a is too short, b too long: .975 is to b what 1.025 is to a; they add up to 2 already.
  const { a, b } = balancer.weigh(evidence).weights;
  expect(a).toBeCloseTo(1.025, 8);
  expect(b).toBeCloseTo(0.975, 8);
});

test('in logarithms the step is a factor e^.025 either way', () => {
  const balancer = new Balancer(gradNorm(), { tasks: ['a', 'b'] });
  const evidence = { losses: { a: 1, b: 5 }, gradientNorms: { a: 1, b: 3 } };
  balancer.weigh(evidence);
  const { a, b } = balancer.weigh(evidence).weights;
  expect(a! / b!).toBeCloseTo(Math.exp(0.05), 7);
  expect(a! + b!).toBeCloseTo(2, 12);
});

test('the task that learns slowly is pulled up, with alpha and not with 0', () => {
  // Lengths are equal; a has halved its loss, b has not moved: r = 2/3, 4/3.
  const after = (options: GradNormOptions) => {
    const balancer = new Balancer(gradNorm({ initialLoss: { a: 2 }, ...options }), { tasks: ['a', 'b'] });
    const evidence = { losses: { a: 1, b: 5 }, gradientNorms: { a: 1, b: 1 } };
    balancer.weigh(evidence);
    return balancer.weigh(evidence).weights;
  };
  const { a, b } = after({ learningRate: 0.1 });
  expect(b! / a!).toBeCloseTo(Math.exp(0.2), 6);
  expect(after({ alpha: 0 })).toEqual({ a: 1, b: 1 });
});

const run = (options: GradNormOptions, gradientNorms: Record<string, number>, steps: number) => {
  const balancer = new Balancer(gradNorm(options), { tasks: Object.keys(gradientNorms) });
  const losses = Object.fromEntries(Object.keys(gradientNorms).map((task) => [task, 1]));
  let { weights } = balancer.weigh({ losses, gradientNorms });
  for (let step = 1; step < steps; step++) ({ weights } = balancer.weigh({ losses, gradientNorms }));
  return weights;
};

test.each(['log', 'softmax'] as const)('%s evens out gradients 1e5 apart, which additive cannot', (parametrisation) => {
  const gradientNorms = { a: 1, b: 1e5 };
  const { a, b } = run({ parametrisation, learningRate: 0.02 }, gradientNorms, 1500);
  expect(Math.abs(Math.log((1e5 * b!) / a!))).toBeLessThan(0.5);
  const plain = run({ parametrisation: 'additive', learningRate: 0.02 }, gradientNorms, 1500);
  expect(Math.abs(Math.log((1e5 * plain.b!) / plain.a!))).toBeGreaterThan(2);
});

test.each(['log', 'additive', 'softmax'] as const)(
  '%s: the unit of all losses, however odd, changes nothing',
  (parametrisation) => {
    const plain = run({ parametrisation }, { a: 1, b: 3, c: 0 }, 40);
    for (const unit of [1e-300, 1e-12, 1e12, 1e300]) {
      const scaled = run({ parametrisation }, { a: unit, b: 3 * unit, c: 0 }, 40);
      for (const task of ['a', 'b', 'c']) expect(scaled[task]).toBeCloseTo(plain[task]!, 9);
    }
  },
);

test.each(['log', 'additive', 'softmax'] as const)(
  '%s: weights stay above 0 and finite, whatever comes',
  (parametrisation) => {
    const balancer = new Balancer(gradNorm({ parametrisation, learningRate: 5 }), { tasks: ['a', 'b', 'c'] });
    for (let step = 0; step < 60; step++) {
      const losses = { a: step % 2 ? 1e300 : 1e-300, b: 0, c: 1 };
      const gradientNorms = { a: step % 3 ? 1e300 : 1e-300, b: step % 5 ? 0 : 1, c: 1e-200 };
      const { weights } = balancer.weigh({ losses, gradientNorms });
      const values = Object.values(weights);
      for (const weight of values) expect(weight).toBeGreaterThan(0);
      expect(values.reduce((sum, weight) => sum + weight)).toBeCloseTo(3, 9);
    }
  },
);

test('zero gradients everywhere move nothing; a first loss of 0 is not taken for the initial one', () => {
  const method = gradNorm();
  const evidence = { losses: { a: 0, b: 2 }, gradientNorms: { a: 0, b: 0 } };
  const { state } = method.update(evidence, method.init(['a', 'b']));
  const expected: GradNormMemory = [
    { first: null, learned: started(0) },
    { first: 2, learned: started(0) },
  ];
  expect(state.memory).toEqual(expected);
});

test('a state that the method cannot have written is refused by name', () => {
  const good = { first: 2, learned: started(0.5) };
  expect(gradNorm().restore(['a'], [good]).memory).toEqual([good]);
  const restore =
    (memory: unknown, options = {}) =>
    () =>
      gradNorm(options).restore(['a'], memory);
  expect(restore([{ ...good, first: 0 }])).toThrow('"state" of loss "a".first must be a finite number above 0, got 0');
  expect(restore([{ first: null, learned: started(-1) }], { parametrisation: 'additive' })).toThrow(
    '"state" of loss "a".learned.value must be a finite number above 0, got -1',
  );
  expect(restore([])).toThrow('"state" must be a list with one entry per loss (1), got []');
});
