/** What a training does about an environment that breaks: one line that says what is wrong, and the last checkpoint is still good. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveNativeObjects } from '@counterpoise/engine';
import type { Json, Method, Need } from 'counterpoise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../environment.js';
import { Box, Discrete } from '../spaces.js';
import { Corridor } from '../testing/corridor.js';
import { fixedCoefficients } from '../update/balancing.js';
import type { Transform } from '../vector/transform.js';
import type { TrainOptions } from './settings.js';
import { createPpoTrainer } from './trainer.js';

const ROWS = 32;
const small = { hidden: [8], environments: 2, steps: ROWS / 2, epochs: 2, seed: 7, totalSteps: 4 * ROWS };
const method = fixedCoefficients() as Method<Json, Need>;
const train = (options: Partial<TrainOptions>) =>
  createPpoTrainer({ environment: 'CartPole-v1', method, ...small, ...options });

/** What every step does from now on, if something, and how many are still good. */
let fault: (() => Partial<Step>) | undefined;
let good = 0;

/** A corridor that can be saved, and that goes wrong. */
class Fragile extends Corridor {
  override step(action: number): Step {
    const step = super.step(action);
    return fault && --good < 0 ? { ...step, ...fault() } : step;
  }

  save(): Json {
    return this.at;
  }

  load(state: Json): void {
    this.at = state as number;
  }
}
const environment = { name: 'Fragile-v0', create: () => new Fragile(), maxEpisodeSteps: 9 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterpoise-ppo-'));
});
afterAll(() => rm(folder, { recursive: true }));

const failing = (): never => {
  throw new Error('simulator crashed\nat line 3');
};

describe('an environment that breaks in the second iteration', () => {
  it.each<[string, () => Partial<Step>]>([
    ['"reward" must be a finite number, got NaN', () => ({ reward: Number.NaN })],
    ['"reward" must be a finite number, got Infinity', () => ({ reward: Number.POSITIVE_INFINITY })],
    ['"observation" of step() must be finite, got NaN at component 0', () => ({ observation: [Number.NaN] })],
    ['"observation" of step() must be finite, got -Infinity at', () => ({ observation: [Number.NEGATIVE_INFINITY] })],
    ['"observation" of step() must have 1 numbers, got 2', () => ({ observation: [1, 2] })],
    ['step() failed: simulator crashed', failing],
  ])('%s', async (problem, breaks) => {
    const path = join(folder, 'last.safetensors');
    const trainer = await train({ environment });
    await trainer.iterate();
    await trainer.save(path);
    const saved = await readFile(path);
    const expected = await trainer.iterate();

    await trainer.load(path);
    [fault, good] = [breaks, 5];
    const line = expect.stringMatching(/^environment Fragile-v0: step \d+: .*$/);
    const broken = trainer.iterate();
    await expect(broken).rejects.toThrow(problem);
    await expect(broken).rejects.toThrow(expect.objectContaining({ name: 'EnvironmentError', message: line }));
    // Half a rollout is nothing to go on from: neither on disk nor in memory.
    const midway = 'an iteration is running or has failed: await it, or load() the last checkpoint';
    await expect(trainer.save(path)).rejects.toThrow(midway);
    await expect(trainer.iterate()).rejects.toThrow(midway);
    expect(await readFile(path)).toEqual(saved);

    fault = undefined;
    await trainer.load(path);
    expect(await trainer.iterate()).toEqual(expected);
    trainer.release();
  });

  it('an observation that only the transforms make infinite, and a reward beyond float32', async () => {
    const inverse: Transform = { name: 'inverse', observations: (rows) => rows.set(rows.map((x) => 1 / x)) };
    const huge: Transform = { name: 'huge', rewards: (rewards) => rewards.fill(1e39) };
    const infinite: Transform = { name: 'infinite', rewards: (rewards) => rewards.fill(Number.POSITIVE_INFINITY) };
    const first = async (transform: Transform) => {
      const trainer = await train({ environment: 'CartPole-v1', transforms: [transform] });
      await trainer.iterate().finally(() => trainer.release());
    };
    const corridor = { name: 'Corridor-v0', create: () => new Corridor(9, 1) };
    await expect(train({ environment: corridor, transforms: [inverse] })).rejects.toThrow(
      'environment Corridor-v0: "observations" must be finite after the transform inverse, got Infinity',
    );
    await expect(first(infinite)).rejects.toThrow(
      '"rewards" must be finite after the transform infinite, got Infinity',
    );
    await expect(first(huge)).rejects.toThrow('"rewards" must be finite in float32, got 1e+39 from environment 0');
  });
});

describe('what cannot be trained at all is refused, and nothing native is left', () => {
  const corridor = (change: () => object) => () => ({
    environment: { name: 'Corridor-v0', create: () => Object.assign(new Corridor(), change()) },
  });
  it.each<[string, () => Partial<TrainOptions>]>([
    ['"Chess-v0" is no environment; there are CartPole-v1', () => ({ environment: 'Chess-v0' })],
    ['"trunk" must be shared or separate, got both', () => ({ trunk: 'both' as 'shared' })],
    ['"hidden" must hold the size of at least one layer, got []', () => ({ hidden: [] })],
    ['"seed" must be a finite number or a string, got NaN', () => ({ seed: Number.NaN })],
    ['"environments" must be an integer >= 1, got 0', () => ({ environments: 0 })],
    ['"steps" must be an integer >= 1, got 1.5', () => ({ steps: 1.5 })],
    ['"totalSteps" must be an integer >= 1, got NaN', () => ({ totalSteps: Number.NaN })],
    ['"epochs" must be an integer >= 1, got 0', () => ({ epochs: 0 })],
    ['"lambda" must be in [0, 1], got -0.1', () => ({ lambda: -0.1 })],
    ['"learningRate" must be a finite number > 0, got Infinity', () => ({ learningRate: Number.POSITIVE_INFINITY })],
    ['"clipRange" must be a finite number > 0, got 0', () => ({ clipRange: 0 })],
    ['"maxGradNorm" must be a finite number > 0, got -1', () => ({ maxGradNorm: -1 })],
    ['Corridor-v0: create() failed: "n" of Discrete must be', corridor(() => ({ actionSpace: new Discrete(0) }))],
    ['Corridor-v0: create() failed: "shape" of Box must be', corridor(() => ({ actionSpace: new Box([], []) }))],
    ['Corridor-v0: step 0: reset() failed: simulator crashed', corridor(() => ({ reset: failing }))],
    ['"observation" of reset() must have 1 numbers, got 0', corridor(() => ({ reset: () => [] }))],
    ['step 0: save() failed: "state.f" must be', corridor(() => ({ save: () => ({ f: () => 1 }), load() {} }))],
    ['step 0: save() failed: "state" must be plain JSON', corridor(() => ({ save() {}, load() {} }))],
    ['step 0: save() failed: simulator crashed', corridor(() => ({ save: failing, load() {} }))],
    ['"observation" of reset() must be finite, got NaN', corridor(() => ({ reset: () => [Number.NaN] }))],
  ])('%s', async (problem, options) => {
    const before = liveNativeObjects();
    await expect(train(options())).rejects.toThrow(problem);
    expect(liveNativeObjects()).toBe(before);
  });
});
