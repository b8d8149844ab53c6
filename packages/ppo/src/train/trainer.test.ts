import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveNativeObjects } from '@counterpoise/engine';
import { type Json, type Method, type Need, normEqualize, runningRms } from 'counterpoise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Corridor } from '../testing/corridor.js';
import { exemptEntropy, fixedCoefficients } from '../update/balancing.js';
import { NormalizeObservation } from '../vector/normalize-observation.js';
import { scaleReward } from '../vector/rewards.js';
import type { TrainOptions } from './settings.js';
import { createPpoTrainer, type PpoTrainer } from './trainer.js';

const fixed = fixedCoefficients() as Method<Json, Need>;
const small = { hidden: [8], environments: 2, steps: 16, epochs: 2, seed: 7, totalSteps: 128 };
const train = (options: Partial<TrainOptions> = {}) =>
  createPpoTrainer({ environment: 'CartPole-v1', method: fixed, ...small, ...options });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterpoise-ppo-'));
});
afterAll(() => rm(folder, { recursive: true }));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const parameters = ({ model }: PpoTrainer) => model.parameters().map(({ data }) => [...data]);

describe('PpoTrainer', () => {
  it('gives the numbers of CleanRL by name', async () => {
    const trainer = await train({ step: { measureGradients: true }, trunk: 'shared', steps: 64 });
    const { metrics, episodes } = await trainer.iterate();
    expect(metrics).toMatchObject({ global_step: 128, 'charts/learning_rate': 2.5e-4, 'weight/value': 0.5 });
    for (const name of ['policy_loss', 'value_loss', 'approx_kl', 'old_approx_kl', 'clipfrac', 'explained_variance']) {
      expect(metrics[`losses/${name}`]).toBeTypeOf('number');
    }
    // Nearly all choices are equally likely at first.
    expect(metrics['losses/entropy']).toBeCloseTo(Math.LN2, 2);
    expect(metrics['gradientNorm/total']).toBeGreaterThan(0);
    expect(metrics['gradientNorm/policy']).toBeGreaterThan(0);
    const returns = episodes.map(({ episodeReturn }) => episodeReturn);
    expect(returns.length).toBeGreaterThan(0);
    expect(metrics['charts/episodic_return']).toBeCloseTo(mean(returns), 12);
    trainer.release();
  });

  it('gives no return where no episode ended', async () => {
    const trainer = await train({ environment: 'Pendulum-v1' });
    const { metrics, episodes } = await trainer.iterate();
    expect(episodes).toEqual([]);
    expect(Object.keys(metrics)).not.toContain('charts/episodic_return');
    trainer.release();
  });

  it('anneals, ends, and frees what it had', async () => {
    const before = liveNativeObjects();
    const trainer = await train({ totalSteps: 2 * 32 + 31, learningRate: 0.01 });
    expect(trainer.updates).toEqual({ total: 2, done: 0 });
    const rates = [await trainer.iterate(), await trainer.iterate()].map(
      ({ metrics }) => metrics['charts/learning_rate'],
    );
    expect(rates).toEqual([0.01, 0.005]);
    await expect(trainer.iterate()).rejects.toThrow('the training is over: all of its 2 updates are done');
    trainer.release();
    expect(liveNativeObjects()).toEqual(before);
  });

  it.each([
    ['CartPole-v1', 'separate', runningRms()],
    ['Pendulum-v1', 'shared', normEqualize()],
  ] as const)('%s, %s trunk: goes on from a checkpoint bit for bit', async (environment, trunk, method) => {
    const options = () => ({
      environment,
      trunk,
      method: exemptEntropy(method as Method<Json, Need>),
      transforms: [new NormalizeObservation()],
      bootstrapsTruncation: true,
    });
    const path = join(folder, `${environment}.safetensors`);
    const whole = await train(options());
    await whole.iterate();
    await whole.iterate();
    await whole.save(path);
    const ends = [await whole.iterate(), await whole.iterate()];
    const resumed = await train(options());
    await resumed.load(path);
    expect(resumed.updates.done).toBe(2);
    expect([await resumed.iterate(), await resumed.iterate()]).toEqual(ends);
    expect(parameters(resumed)).toEqual(parameters(whole));
    for (const trainer of [whole, resumed]) trainer.release();
  });

  it('does not go on from another training', async () => {
    const path = join(folder, 'one.safetensors');
    const one = await train();
    await one.save(path);
    one.release();
    const refuses = async (options: Partial<TrainOptions>, problem: string) => {
      const other = await train(options);
      await expect(other.load(path)).rejects.toThrow(problem);
      other.release();
    };
    await refuses({ seed: 8 }, `checkpoint "${path}" is of another training: its "seed" is 7, this one's 8`);
    await refuses({ gamma: 0.9 }, 'its "settings" is');
    await refuses({ environment: 'Acrobot-v1' }, `its "environment" is "CartPole-v1", this one's "Acrobot-v1"`);
    await refuses({ hidden: [9] }, 'trunk.0.weight');
    await refuses({ epochs: 3 }, 'its "settings" is');
    await refuses({ method: exemptEntropy(runningRms()) }, 'static');
  });

  it('says in one line what is wrong with rewards and options', async () => {
    class Broken extends Corridor {
      override step(action: number) {
        return { ...super.step(action), reward: Number.NaN };
      }
    }
    const trainer = await train({ environment: { name: 'Broken-v0', create: () => new Broken() } });
    await expect(trainer.iterate()).rejects.toThrow(
      'environment Broken-v0: step 1: "reward" must be a finite number, got NaN',
    );
    trainer.release();
    await expect(train({ minibatch: 7 })).rejects.toThrow('"minibatch" must divide the 32 rows of a rollout, got 7');
    await expect(train({ totalSteps: 31 })).rejects.toThrow('"totalSteps" must be at least one rollout, 32, got 31');
    await expect(train({ gamma: 1.5 })).rejects.toThrow('"gamma" must be in [0, 1], got 1.5');
    await expect(train({ environment: 'Chess-v0' })).rejects.toThrow('"Chess-v0" is no environment');
  });

  it('stops before rewards that are too large spoil the network', async () => {
    const trainer = await train({ transforms: [scaleReward(1e30)], valueNormalization: 'none' });
    const before = parameters(trainer);
    await expect(trainer.iterate()).rejects.toThrow('loss "value" is Infinity');
    expect(parameters(trainer)).toEqual(before);
    trainer.release();
  });

  it('says that rewards are too large where the returns overflow, and leaves the network alone', async () => {
    const trainer = await train({ transforms: [scaleReward(1e38)] });
    const before = parameters(trainer);
    await expect(trainer.iterate()).rejects.toThrow(
      'the returns of a rollout must be finite in float32, got Infinity: the rewards are too large',
    );
    expect(parameters(trainer)).toEqual(before);
    trainer.release();
  });

  it('learns: CartPole gets longer within 10 000 steps, with the settings of CleanRL', async () => {
    const trainer = await createPpoTrainer({
      environment: 'CartPole-v1',
      totalSteps: 10_000,
      seed: 1,
      method: fixed,
      annealsLearningRate: false,
    });
    const returns: number[] = [];
    while (trainer.updates.done < trainer.updates.total) {
      const { episodes } = await trainer.iterate();
      returns.push(...episodes.map(({ episodeReturn }) => episodeReturn));
    }
    expect(mean(returns.slice(0, 20))).toBeLessThan(30);
    // Seeds 1 to 5 end between 73 and 102.
    expect(mean(returns.slice(-20))).toBeGreaterThan(55);
    trainer.release();
  });

  it('learns: the corridor is walked straight', async () => {
    const options = { learningRate: 0.02, totalSteps: 32 * 24, annealsLearningRate: false };
    const corridor = { name: 'Corridor-v0', create: () => new Corridor(6, 1), maxEpisodeSteps: 40 };
    const trainer = await train({ ...options, environment: corridor, transforms: [new NormalizeObservation()] });
    const lengths: number[] = [];
    while (trainer.updates.done < trainer.updates.total) {
      const { episodes } = await trainer.iterate();
      lengths.push(...episodes.map(({ episodeLength }) => episodeLength));
    }
    expect(mean(lengths.slice(0, 3))).toBeGreaterThan(12);
    expect(mean(lengths.slice(-10))).toBeLessThan(9);
    trainer.release();
  });
});
