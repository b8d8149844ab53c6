import { liveNativeObjects } from '@counterpoise/engine';
import { initialise, Random } from '@counterpoise/nn';
import { NonFiniteLossError } from '@counterpoise/training';
import { Balancer, type Json, type Method, type Need, normEqualize, runningMax, runningRms } from 'counterpoise';
import { describe, expect, it } from 'vitest';
import { ActorCritic, type Trunk } from '../policy/actor-critic.js';
import { RolloutBuffer } from '../rollout/rollout-buffer.js';
import { Box, Discrete } from '../spaces.js';
import { exemptEntropy, fixedCoefficients } from './balancing.js';
import { explainedVariance } from './explained-variance.js';
import { compilePpoUpdate, linearAnnealing } from './update.js';
import type { UpdateOptions } from './update-options.js';

const space = { environments: 2, observationSpace: new Box(-1, 1, [3]), actionSpace: new Discrete(2) };
const rates = { learningRate: 0.01, clipRange: 0.2 };

function rollout(rewardScale = 1): RolloutBuffer {
  const random = new Random(11);
  const draw = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const buffer = new RolloutBuffer(space, 8);
  while (!buffer.full) {
    buffer.add(
      {
        observations: draw(6),
        actions: Int32Array.of(random.integer(2), random.integer(2)),
        logProbabilities: Float32Array.of(-Math.LN2, -Math.LN2),
        values: new Float32Array(2),
      },
      {
        rewards: Float64Array.from(draw(2), (value) => value * rewardScale),
        terminated: new Uint8Array(2),
        truncated: new Uint8Array(2),
      },
    );
  }
  buffer.computeAdvantages(new Float32Array(2), { gamma: 0.99, lambda: 0.95 });
  return buffer;
}

function setUp(method: Method<Json, Need>, options: Partial<UpdateOptions> = {}, trunk: Trunk = 'shared') {
  const model = initialise(
    new ActorCritic(space.observationSpace, space.actionSpace, { trunk, hidden: [6] }),
    new Random(1),
  );
  return compilePpoUpdate(model, new Balancer(method), { minibatch: 4, epochs: 2, ...options }).then((update) => ({
    model,
    update,
  }));
}

const fixed = fixedCoefficients() as Method<Json, Need>;
const bits = (model: ActorCritic) => model.parameters().map(({ data }) => [...data]);

describe('PpoUpdate', () => {
  it('learns: the critic comes closer, the advantageous actions get likelier', async () => {
    const { update } = await setUp(fixed, { epochs: 1, clipsValues: false });
    const buffer = rollout();
    const first = await update.run(buffer, new Random(1), rates);
    for (let epoch = 0; epoch < 20; epoch++) await update.run(buffer, new Random(epoch), rates);
    const last = await update.run(buffer, new Random(1), rates);
    expect(last.losses.value).toBeLessThan(0.8 * first.losses.value);
    expect(last.losses.policy).toBeLessThan(first.losses.policy - 0.05);
    expect(last.approxKl).toBeGreaterThan(first.approxKl);
    update.release();
  });

  it('is the same for the same seed, and goes on from a saved state bit for bit', async () => {
    const method = exemptEntropy(runningRms()) as Method<Json, Need>;
    const whole = await setUp(method);
    await whole.update.run(rollout(), new Random(1), rates);
    const [state, optimizer, model] = [
      JSON.parse(JSON.stringify(whole.update.save())) as Json,
      new Map([...whole.update.optimizerState].map(([key, one]) => [key, { ...one, data: one.data.slice() }])),
      new Map([...whole.model.stateDict()].map(([key, one]) => [key, { ...one, data: one.data.slice() }])),
    ];
    const end = await whole.update.run(rollout(), new Random(2), rates);

    const resumed = await setUp(method);
    resumed.model.loadStateDict(model);
    resumed.update.loadOptimizerState(optimizer);
    resumed.update.load(state);
    expect(await resumed.update.run(rollout(), new Random(2), rates)).toEqual(end);
    expect(bits(resumed.model)).toEqual(bits(whole.model));
    expect(() => resumed.update.load({ steps: -1, epochs: 0 })).toThrow(
      '"steps" of the state of an update must be an integer >= 0, got -1',
    );
    expect(() => resumed.update.load(null)).toThrow('got undefined');
    for (const { update } of [whole, resumed]) update.release();
  });

  it('balances: rewards a thousand times as large do not change the share of the policy', async () => {
    const shares = (scale: number, method: Method<Json, Need>) =>
      setUp(method, { step: { measureGradients: true } }).then(async ({ update }) => {
        const { gradientNorms, weights } = await update.run(rollout(scale), new Random(1), rates);
        update.release();
        const pull = (loss: 'policy' | 'value') => weights[loss] * gradientNorms![loss];
        return pull('policy') / (pull('policy') + pull('value'));
      });
    const equal = exemptEntropy(normEqualize()) as Method<Json, Need>;
    expect(await shares(1000, fixed)).toBeLessThan(0.01);
    expect(await shares(1000, equal)).toBeGreaterThan(0.3);
    expect(await shares(1, equal)).toBeGreaterThan(0.3);
  });

  it('balances by losses: the policy kept at 1, the value loss by its running maximum', async () => {
    const method = exemptEntropy(runningMax()) as Method<Json, Need>;
    for (const scale of [1e-3, 1, 1000]) {
      const { update } = await setUp(method, { epochs: 1, minibatch: 16 });
      const { losses, weights } = await update.run(rollout(scale), new Random(1), rates);
      expect(weights).toEqual({ policy: 1, value: 1 / losses.value, entropy: 0.01 });
      update.release();
    }
  });

  it('stops when the policy has moved too far', async () => {
    const { update } = await setUp(fixed, { epochs: 5, targetKl: 1e-9 });
    expect((await update.run(rollout(), new Random(1), rates)).epochs).toBe(1);
    update.release();
    const patient = await setUp(fixed, { epochs: 5, targetKl: 100 });
    expect((await patient.update.run(rollout(), new Random(1), rates)).epochs).toBe(5);
    patient.update.release();
  });

  it('does not move at learning rate 0, and reports the norm before the limit', async () => {
    const { update, model } = await setUp(fixed, { maxGradNorm: 1e-3 });
    const before = bits(model);
    const result = await update.run(rollout(), new Random(1), { ...rates, learningRate: 0 });
    expect(bits(model)).toEqual(before);
    expect(result.gradNorm).toBeGreaterThan(0.01);
    expect(result.epochs).toBe(2);
    expect(result.weights).toEqual({ policy: 1, value: 0.5, entropy: 0.01 });
    update.release();
  });

  it('leaves everything as it was when a loss is not finite', async () => {
    const { update, model } = await setUp(fixed);
    const buffer = rollout();
    buffer.rows.returns.fill(Number.POSITIVE_INFINITY);
    const before = bits(model);
    await expect(update.run(buffer, new Random(1), rates)).rejects.toThrow(NonFiniteLossError);
    await expect(update.run(buffer, new Random(1), rates)).rejects.toThrow('loss "value" is Infinity at step 1');
    expect(bits(model)).toEqual(before);
    update.release();
  });

  it('refuses what it cannot do, in one line, and leaks nothing', async () => {
    const before = liveNativeObjects();
    await expect(setUp(fixed, { minibatch: 0 })).rejects.toThrow('"minibatch" must be an integer >= 1, got 0');
    await expect(setUp(fixed, { epochs: 0.5 })).rejects.toThrow('"epochs" must be an integer >= 1, got 0.5');
    await expect(setUp(fixed, { maxGradNorm: -1 })).rejects.toThrow(
      '"maxGradNorm" must be a finite number > 0, got -1',
    );
    await expect(setUp(fixed, { targetKl: 0 })).rejects.toThrow('"targetKl" must be a finite number > 0, got 0');
    const equal = exemptEntropy(normEqualize()) as Method<Json, Need>;
    await expect(setUp(equal, {}, 'separate')).rejects.toThrow('"trunk" must be shared with a method of gradients');
    await expect(setUp(fixed, { step: { measureGradients: true } }, 'separate')).rejects.toThrow(
      '"trunk" must be shared with "measureGradients": separate networks of policy and critic share no parameter',
    );
    const { update } = await setUp(fixed, { minibatch: 5 });
    await expect(update.run(rollout(), new Random(1), rates)).rejects.toThrow(
      '"rows" of a minibatch must divide the 16 rows of the rollout, got 5',
    );
    await expect(update.run(rollout(), new Random(1), { ...rates, clipRange: 0 })).rejects.toThrow(
      '"clipRange" must be a finite number > 0, got 0',
    );
    update.release();
    expect(liveNativeObjects()).toEqual(before);
  });
});

it('explained variance, by hand', () => {
  expect(explainedVariance(Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3))).toBe(1);
  expect(explainedVariance(Float32Array.of(7, 7), Float32Array.of(1, 3))).toBe(0);
  expect(explainedVariance(Float32Array.of(3, 1), Float32Array.of(1, 3))).toBe(-3);
  expect(explainedVariance(Float32Array.of(1, 2), Float32Array.of(5, 5))).toBeNull();
});

it('annealing falls linearly and never reaches 0', () => {
  expect([0, 1, 2, 3].map((done) => linearAnnealing(done, 4))).toEqual([1, 0.75, 0.5, 0.25]);
});
