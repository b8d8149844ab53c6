import { describe, expect, test } from 'vitest';
import type { AdamScalar } from '../../adam.js';
import { Balancer } from '../../balancer.js';
import { byTask, expectNear, lossOracles } from '../../testing/loss-oracles.js';
import { aggregate, oraclesMissing, oracleTitle } from '../../testing/oracle-cases.js';
import { famo } from './famo.js';

type Entry = { readonly logit: AdamScalar; readonly before: number | null };

const entries = (balancer: Balancer) => balancer.state().state as unknown as readonly Entry[];
const logits = (balancer: Balancer) => entries(balancer).map(({ logit }) => logit.value);

test('by hand: weights of the first step, and a first update of one learning rate up and down', () => {
  const balancer = new Balancer(famo({ epsilon: 1e-300, weightDecay: 0 }));
  // z = 1/2 each: (1/2, 1/6) over their sum.
  expectNear(Object.values(balancer.weigh({ losses: { a: 1, b: 3 } }).weights), [3 / 4, 1 / 4], 'first');
  // a fell to a half and b not at all: a was helped more, so its share goes down.
  balancer.weigh({ losses: { a: 9, b: 9 }, lossesAfter: { a: 0.5, b: 3 } });
  expectNear(logits(balancer), [-0.025, 0.025], 'update', 1e-6);
  expect(entries(balancer)[0]!.logit.m).toBeCloseTo(0.1 * 0.25 * Math.log(2), 14);
});

test('without lossesAfter the current losses take their place', () => {
  const [given, cheap] = [new Balancer(famo()), new Balancer(famo())];
  for (const balancer of [given, cheap]) balancer.weigh({ losses: { a: 1, b: 3 } });
  const losses = { a: 0.7, b: 2.9 };
  expect(cheap.weigh({ losses })).toEqual(given.weigh({ losses, lossesAfter: losses }));
  expect(cheap.state()).toEqual(given.state());
});

test('the log of every loss falls at a rate of its z: terms are in the ratio of z, whatever the units', () => {
  const { terms } = new Balancer(famo()).weigh({ losses: { a: 1e-3, b: 7e5 } });
  expect(terms.a! / terms.b!).toBeCloseTo(1, 4);
});

test('a task that is absent keeps its logit, and learns from its own last loss when it is back', () => {
  const balancer = new Balancer(famo(), { tasks: ['a', 'b', 'c'] });
  balancer.weigh({ losses: { a: 1, b: 2, c: 3 } });
  const before = entries(balancer)[1];
  balancer.weigh({ losses: { a: 0.5, c: 3 } });
  expect(entries(balancer)[1]).toEqual(before);
  balancer.weigh({ losses: { a: 0.5, b: 4, c: 3 } });
  expect(entries(balancer)[1]!.logit.value).toBeGreaterThan(0);
});

test('one task, zeros and extremes give finite positive weights that add up to 1', () => {
  for (const steps of [
    [{ a: 3 }, { a: 0 }],
    [
      { a: 0, b: 0 },
      { a: 1e300, b: 1e-300 },
      { a: 1e-300, b: 1e300 },
    ],
  ]) {
    const balancer = new Balancer(famo({ learningRate: 10 }));
    for (const losses of steps) {
      const weights = Object.values(balancer.weigh({ losses }).weights);
      expect(Math.min(...weights)).toBeGreaterThan(0);
      expect(weights.reduce((x, y) => x + y)).toBeCloseTo(1, 12);
    }
  }
});

test('lowerBound: L - b is what falls; a measurement below it after the step counts as at it', () => {
  const balancer = new Balancer(famo({ lowerBound: { a: -10 }, epsilon: 1 }));
  // D = (10 - 7 + 1, 1 + 1) = (4, 2).
  expectNear(Object.values(balancer.weigh({ losses: { a: -7, b: 1 } }).weights), [1 / 3, 2 / 3], 'bound');
  balancer.weigh({ losses: { a: -7, b: 1 }, lossesAfter: { a: -11, b: 1 } });
  expect(entries(balancer)[0]!.logit.m).toBeCloseTo(0.1 * 0.25 * Math.log(4), 14);
});

test('options, losses and memory are checked', () => {
  expect(() => famo({ learningRate: 0 })).toThrow('"learningRate" must be in (0, inf), got 0');
  expect(() => new Balancer(famo()).weigh({ losses: { a: -1 } })).toThrow('for a signed loss set "lowerBound"');
  expect(() => famo().restore(['a'], [{ logit: { value: 0 }, before: null }])).toThrow('"state" of loss "a".logit.m');
  expect(() => famo().restore(['a'], [{ ...famo().init(['a']).memory[0], before: -1 }])).toThrow('.before');
});

describe.skipIf(oraclesMissing)(oracleTitle('FAMO oracles'), () => {
  type Step = { losses: number[]; losses_after: number[]; w_after: number[] };
  type TorchJd = {
    lr: number;
    weight_decay: number;
    min_losses: number[] | null;
    steps: (Step & { value: number; grad_losses: number[] })[];
  };
  type LibMtl = { steps: (Step & { matrix: number[][]; aggregated: number[] })[] };

  /** Plays the steps, one more at the end for the last update, and shows each answer and the logits after its update. */
  function play<S extends Step>(
    balancer: Balancer,
    steps: readonly S[],
    see: (step: S, weights: readonly number[]) => void,
    where: string,
  ): void {
    [...steps, steps[0]!].forEach(({ losses }, i) => {
      const past = steps[i - 1];
      const { weights } = balancer.weigh({
        losses: byTask(losses),
        ...(past && { lossesAfter: byTask(past.losses_after) }),
      });
      if (past) expectNear(logits(balancer), past.w_after, where);
      if (i < steps.length) see(steps[i]!, Object.values(weights));
    });
  }

  test('scalarizer_famo.json: gradient, value and logits of four steps', () => {
    for (const { where, result } of lossOracles<TorchJd>('scalarizer_famo.json')) {
      const { lr, weight_decay, min_losses, steps } = result;
      const bounds = min_losses ?? steps[0]!.losses.map(() => 0);
      const options = { learningRate: lr, weightDecay: weight_decay, lowerBound: byTask(bounds) };
      const see = ({ losses, grad_losses, value }: TorchJd['steps'][number], weights: readonly number[]) => {
        expectNear(weights, grad_losses, where);
        // z_k log D_k / sum z / D, with w_k D_k in the place of z_k / sum z / D.
        const sizes = losses.map((loss, k) => loss - bounds[k]! + 1e-8);
        const parts = sizes.map((size, k) => weights[k]! * size * Math.log(size));
        const largest = Math.max(...parts.map(Math.abs));
        expect(Math.abs(parts.reduce((a, b) => a + b) - value), where).toBeLessThanOrEqual(1e-12 * largest);
      };
      play(new Balancer(famo(options)), steps, see, where);
    }
  });

  test('libmtl_famo.json: update and logits of three steps, with the default options', () => {
    for (const { where, result } of lossOracles<LibMtl>('libmtl_famo.json')) {
      const see = ({ matrix, aggregated }: LibMtl['steps'][number], weights: readonly number[]) =>
        expectNear(aggregate(matrix, weights), aggregated, where);
      play(new Balancer(famo()), result.steps, see, where);
    }
  });
});
