import { CounterpoiseError } from 'counterpoise';
import { describe, expect, it } from 'vitest';
import { PRESETS, presetFor } from '../presets.js';
import { makeEnvironment } from '../registry.js';
import { Box, Discrete } from '../spaces.js';
import { checkPpoConfig, checkPpoRun, completePpoConfig, isPpoRun } from './check-config.js';
import type { PpoConfig } from './config.js';

const preset = PRESETS['CartPole-v1']!;
const complete = (given: Partial<PpoConfig> = {}) =>
  completePpoConfig({ environment: 'CartPole-v1', ...given }, preset);

describe('completePpoConfig', () => {
  it('what is given goes before the preset, the preset before the defaults', () => {
    const config = complete({ steps: 1024, gamma: 0.9, seed: undefined });
    expect(config).toMatchObject({ ...preset, steps: 1024, gamma: 0.9, seed: 1, balance: 'pop-art', trunk: 'shared' });
    expect(checkPpoConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it.each(Object.keys(PRESETS))('the preset of %s is possible', (environment) => {
    const { actionSpace } = makeEnvironment(environment);
    const own = presetFor({ name: environment, actionSpace });
    expect(completePpoConfig({ environment }, own)).toMatchObject(own);
  });

  it('an environment of your own has the settings of CleanRL for its kind of actions', () => {
    const discrete = presetFor({ name: 'Mine-v0', actionSpace: new Discrete(2) });
    const continuous = presetFor({ name: 'Mine-v0', actionSpace: new Box(-1, 1, [1]) });
    expect([discrete.environments, discrete.rolloutSteps, discrete.learningRate]).toEqual([4, 128, 2.5e-4]);
    expect([continuous.environments, continuous.rolloutSteps, continuous.learningRate]).toEqual([1, 2048, 3e-4]);
  });

  it.each<[Partial<Record<keyof PpoConfig, unknown>>, string]>([
    [{ environment: '' }, '"environment" must be a name, got ""'],
    [{ steps: 0 }, '"steps" must be an integer in [1, '],
    [{ steps: 511 }, '"steps" must be at least one rollout, 512, got 511'],
    [{ seed: 1.5 }, '"seed" must be an integer in'],
    [{ rewardScale: 0 }, '"rewardScale" must be a number greater than 0, got 0'],
    [{ rewardScale: Number.POSITIVE_INFINITY }, '"rewardScale" must be a number greater than 0, got Infinity'],
    [{ trunk: 'both' }, '"trunk" must be one of shared, separate, got "both"'],
    [{ environments: 0 }, '"environments" must be an integer in [1, 4096], got 0'],
    [{ rolloutSteps: -1 }, '"rolloutSteps" must be an integer in [1, 1000000], got -1'],
    [
      { environments: 4096, rolloutSteps: 4097 },
      '"environments" times "rolloutSteps" must be at most 16777216, got 16781312',
    ],
    [{ minibatch: 100 }, '"minibatch" must divide the 512 rows of a rollout, got 100'],
    [{ epochs: '4' }, '"epochs" must be an integer in [1, 10000], got "4"'],
    [{ learningRate: 0 }, '"learningRate" must be a number greater than 0, got 0'],
    [{ gamma: 1.1 }, '"gamma" must be a number in [0, 1], got 1.1'],
    [{ lambda: -0.1 }, '"lambda" must be a number in [0, 1], got -0.1'],
    [{ clip: 0 }, '"clip" must be a number greater than 0, got 0'],
    [{ entropy: -1 }, '"entropy" must be a number of 0 or more, got -1'],
    [{ valueCoefficient: Number.NaN }, '"valueCoefficient" must be a number of 0 or more'],
    [{ maxGradNorm: 0 }, '"maxGradNorm" must be a number greater than 0, got 0'],
    [{ targetKl: 0 }, '"targetKl" must be a number greater than 0, got 0'],
    [{ clipValues: 'yes' }, '"clipValues" must be true or false, got "yes"'],
    [{ balance: 'magic' }, 'got magic'],
    [{ balance: 'running-max', balanceOptions: ['speed=1'] }, 'running-max has no option "speed"'],
    [{ balanceOptions: 'x' }, '"balanceOptions" must be a list of texts, got "x"'],
    [{ balance: 'running-max', balanceWraps: ['shine=2'] }, 'shine'],
    [{ balance: 'running-max', balanceEvery: 2, balanceWraps: ['update-every=2'] }, '"update-every" is given twice'],
    [{ balanceEvery: 2 }, '"balanceEvery" does nothing with fixed coefficients: leave it out'],
    [{ boundary: 'middle' }, '"boundary" must be one of parameters, representation, last-layer, output, got "middle"'],
    [{ priorities: { critic: 1 } }, '"priorities" must be of the losses policy, value, entropy, got "critic"'],
    [{ priorities: { value: -1 } }, '"priorities" of loss "value" must be a number of 0 or more, got -1'],
    [{ trunk: 'separate', balance: 'norm-equalize' }, '"trunk" must be shared with norm-equalize, which compares'],
    [{ trunk: 'separate', balanceOptions: ['max-loss-grad-norm=1'] }, 'must be shared with "max-loss-grad-norm"'],
    [{ trunk: 'separate', measureGradients: true }, '"trunk" must be shared with "measureGradients"'],
    [{ balance: 'running-max', valueCoefficient: 1 }, '"valueCoefficient" does nothing with running-max'],
    [{ threads: 0 }, '"threads" must be an integer in [1, 1024], got 0'],
  ])('%j', (given, message) => {
    expect(() => complete(given as Partial<PpoConfig>)).toThrow(message);
    try {
      complete(given as Partial<PpoConfig>);
    } catch (error) {
      expect(error).toBeInstanceOf(CounterpoiseError);
      expect(error).toMatchObject({ code: 'option', message: expect.not.stringContaining('\n') });
    }
  });
});

it('an edited config.json is refused, with the folder and the option', () => {
  const config = { ...complete() };
  const refuse = (edited: object) => () => checkPpoRun({ path: 'runs/x', config: edited as typeof config });
  expect(refuse({ ...config, speed: 1 })).toThrow('"runs/x": config.json: there is no option "speed"');
  const { gamma: _, ...without } = config;
  expect(refuse(without)).toThrow('"runs/x": config.json: "gamma" must be a number in [0, 1], got undefined');
});

it('tells runs of PPO from others', () => {
  expect(isPpoRun({ config: { ...complete() } })).toBe(true);
  expect(isPpoRun({ config: { backbone: 'resnet18' } })).toBe(false);
});
