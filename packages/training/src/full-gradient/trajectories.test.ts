import { Random } from '@counterpoise/nn';
import { Balancer } from 'counterpoise';
import { afterEach, describe, expect, test } from 'vitest';
import { type BalancedStep, type BalancedStepOptions, compileBalancedStep } from '../balanced-step.js';
import { references } from './reference.test.helper.js';
import {
  exactly,
  feedsOf,
  joined,
  LOSSES,
  lossesOf,
  makeNet,
  optimizerOf,
  type SmallFeeds,
  type SmallNet,
} from './small-net.test.helper.js';
import { createStepMethod, type StepMethod } from './step-method.js';

const compiled: BalancedStep[] = [];
afterEach(() => {
  for (const step of compiled.splice(0)) step.release();
});

const METHODS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'grad-drop': { leak: { far: 0.25 }, seed: 7 },
  'trimmed-mean': {},
  moco: {},
  'excess-mtl': { eta: 0.5 },
  'm-config': {},
  'db-mtl': { momentum: 0.8 },
  gradvac: { per: 'layer', order: 'ascending' },
};
const NAMES = Object.keys(METHODS);
const PRIORITIES = { near: 1, far: 0.01, extra: 2 };
const RATE = 0.05;

interface Made extends StepMethod {
  readonly net: SmallNet;
  readonly step: BalancedStep;
  readonly balancer: Balancer<never>;
}

async function make(
  name: string,
  options: BalancedStepOptions & { batch?: number; every?: number } = {},
): Promise<Made> {
  const { batch = 4, every = 1, ...others } = options;
  const made = createStepMethod(name, METHODS[name], every > 1 ? { updateEvery: every } : {});
  const net = makeNet();
  const balancer = new Balancer(made.method, { tasks: LOSSES, priorities: PRIORITIES });
  const graph = { losses: lossesOf(net, batch), optimizer: optimizerOf(net) };
  const step = await compileBalancedStep(graph, balancer, { threads: 1, stage: made.stage, ...others });
  compiled.push(step);
  return { ...made, net, step, balancer };
}

const valuesOf = (net: SmallNet) => [...net.parameters()].map(({ data }) => [...data]);

/** Each parameter, relative to how far it has moved. */
function expectNear(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance = 2e-4,
): void {
  const start = valuesOf(makeNet());
  for (const [p, values] of expected.entries()) {
    const moved = Math.max(1e-3, ...values.map((value, i) => Math.abs(value - start[p]![i]!)));
    for (const [i, value] of values.entries()) {
      expect(Math.abs(actual[p]![i]! - value) / moved, `parameter ${p}, entry ${i}`).toBeLessThan(tolerance);
    }
  }
}

describe('a trajectory is that of plain loops in float64, in one step without samples of a loss', () => {
  test.each(NAMES)('%s', async (name) => {
    const { net, step } = await make(name);
    const { method } = createStepMethod(name, METHODS[name]);
    const balancer = new Balancer(method, { tasks: LOSSES, priorities: PRIORITIES });
    const memory = new Map<string, number[]>();
    let parameters = valuesOf(net);
    const random = new Random(11);
    for (let number = 1; number <= 7; number++) {
      const feeds = feedsOf(random, 4);
      const mask: Record<string, boolean> = number === 4 ? { near: false } : {};
      const present = LOSSES.map((loss) => !(loss in mask));
      const exact = exactly(net, parameters, feeds);
      const update = references[name]!({
        ...exact,
        names: LOSSES,
        step: number,
        present,
        memory,
        weigh(evidence) {
          const losses = Object.fromEntries(LOSSES.map((loss, k) => [loss, exact.losses[k]!]));
          const { weights } = balancer.weigh({ losses, mask, ...evidence } as never);
          return LOSSES.map((loss) => weights[loss]!);
        },
      });
      await step.run(feeds, { step: number, learningRate: RATE, mask });
      parameters = parameters.map((values, p) => values.map((value, i) => value - RATE * update[p]![i]!));
    }
    expectNear(valuesOf(net), parameters);
  });
});

async function steps({ step }: Made, list: readonly (SmallFeeds | readonly SmallFeeds[])[], first = 1): Promise<void> {
  for (const [at, feeds] of list.entries()) await step.run(feeds, { step: first + at, learningRate: RATE });
}

test.each(NAMES)('%s: a mean over batches is one large batch', async (name) => {
  const random = new Random(5);
  const parts = Array.from({ length: 5 }, () => [feedsOf(random, 2), feedsOf(random, 2)]);
  const [small, large] = [await make(name, { accumulate: 2, batch: 2 }), await make(name, { batch: 4 })];
  await steps(small, parts);
  await steps(large, parts.map(joined));
  expectNear(valuesOf(small.net), valuesOf(large.net));
});

test.each(NAMES)('%s: goes on from its state bit for bit', async (name) => {
  const random = new Random(6);
  const feeds = Array.from({ length: 8 }, () => feedsOf(random, 4));
  const whole = await make(name);
  await steps(whole, feeds);
  const before = await make(name);
  await steps(before, feeds.slice(0, 4));
  const after = await make(name);
  for (const [p, { data }] of [...after.net.parameters()].entries()) data.set(valuesOf(before.net)[p]!);
  after.balancer.load(JSON.parse(JSON.stringify(before.balancer.state())));
  after.stage!.state.loadStateDict(before.stage!.state.stateDict());
  await steps(after, feeds.slice(4), 5);
  expect(valuesOf(after.net)).toEqual(valuesOf(whole.net));
  const [first, second] = [after, whole].map(({ stage }) =>
    [...stage!.state.stateDict()].map(([key, { data }]) => [key, [...data]]),
  );
  expect(first).toEqual(second);
});

test.each(NAMES)('%s: a step that fails changes nothing', async (name) => {
  const random = new Random(8);
  const feeds = Array.from({ length: 5 }, () => feedsOf(random, 4));
  const bad = { ...feeds[4]!, x: Float32Array.from(feeds[4]!.x, () => Number.NaN) };
  const [made, other] = [await make(name), await make(name)];
  await steps(other, feeds);
  await steps(made, feeds.slice(0, 3));
  await expect(made.step.run(bad, { step: 4, learningRate: RATE })).rejects.toThrow('nothing was changed');
  await steps(made, feeds.slice(3), 4);
  expect(valuesOf(made.net)).toEqual(valuesOf(other.net));
});

test.each(NAMES)('%s: weighs every third step, and works on the gradients of every one', async (name) => {
  const random = new Random(9);
  const made = await make(name, { every: 3 });
  const seen: (readonly number[])[] = [];
  for (let number = 1; number <= 6; number++) {
    const before = valuesOf(made.net);
    const { weights } = await made.step.run(feedsOf(random, 4), { step: number, learningRate: RATE });
    seen.push(LOSSES.map((loss) => weights[loss]!));
    // m-config gives nothing before every loss has had its turn.
    expect(name === 'm-config' && number < 3).toBe(JSON.stringify(before) === JSON.stringify(valuesOf(made.net)));
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[4]).toEqual(seen[3]);
});

test.each(NAMES)('%s: heads without weights learn from their own loss', async (name) => {
  const random = new Random(10);
  const feeds = feedsOf(random, 4);
  const made = await make(name, { heads: 'unweighted' });
  const exact = exactly(made.net, valuesOf(made.net), feeds);
  const before = valuesOf(made.net);
  await made.step.run(feeds, { step: 1, learningRate: RATE });
  const after = valuesOf(made.net);
  // a.weight and a.bias are reached by the first loss alone.
  for (const p of [4, 5]) {
    for (const [i, value] of after[p]!.entries()) {
      const gradient = name === 'm-config' ? 0 : exact.gradients[0]![p]![i]!;
      expect(value).toBeCloseTo(before[p]![i]! - RATE * gradient, 6);
    }
  }
});
