import { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import { describe, expect, it } from 'vitest';
import { CheckedEnvironment } from './checked-environment.js';
import { type Action, type Environment, EnvironmentError, type Step } from './environment.js';
import { type EnvironmentSpec, environmentNames, makeEnvironment, registerEnvironment } from './registry.js';
import { Box, Discrete } from './spaces.js';
import { Corridor } from './testing/corridor.js';

const fine: Step = { observation: [0], reward: 0, terminated: false, truncated: false };
const corridor = (change: Partial<Environment>) => {
  const environment = new CheckedEnvironment('Corridor-v0', Object.assign(new Corridor(), change));
  environment.reset(new Random(0));
  return environment;
};
const stepping = (step: unknown) => () => corridor({ step: () => step as Step }).step(1);

describe('what an environment does wrong is one line with its name and the field', () => {
  it.each([
    ['"reward" must be a finite number, got NaN', { ...fine, reward: Number.NaN }],
    ['"reward" must be a finite number, got -Infinity', { ...fine, reward: Number.NEGATIVE_INFINITY }],
    ['"reward" must be a finite number, got undefined', { observation: [0], terminated: false, truncated: false }],
    ['"reward" must be finite in float32, got 1e+300', { ...fine, reward: 1e300 }],
    ['"terminated" must be true or false, got 1', { ...fine, terminated: 1 }],
    ['"truncated" must be true or false, got undefined', { observation: [0], reward: 0, terminated: false }],
    ['"observation" of step() must have 1 numbers, got 2', { ...fine, observation: [1, 2] }],
    ['"observation" of step() must have 1 numbers, got undefined', { ...fine, observation: undefined }],
    ['"observation" of step() must be finite, got NaN at component 0', { ...fine, observation: [Number.NaN] }],
    ['"observation" of step() must be finite, got 1e+39 at component 0', { ...fine, observation: [1e39] }],
    ['step() must return an object, got undefined', undefined],
    ['step() must return an object, got null', null],
    ['step() must return an object, got [object Promise]', Promise.resolve(fine)],
    [
      '"observation" of step() must be numbers, got a value of type string at component 0',
      { ...fine, observation: ['1'] },
    ],
    [
      '"observation" of step() must be numbers, got a value of type object at component 0',
      { ...fine, observation: [[1]] },
    ],
    [
      '"observation" of step() must be numbers, got a value of type bigint at component 0',
      { ...fine, observation: [1n] },
    ],
    [
      '"observation" of step() must be numbers, got a value of type undefined at component 0',
      { ...fine, observation: new Array(1) },
    ],
  ])('%s', (problem, step) => {
    expect(stepping(step)).toThrow(new EnvironmentError('Corridor-v0', `step 1: ${problem}`));
  });

  it('an environment that throws: its message on one line, and the error itself as the cause', () => {
    const cause = new Error('simulator crashed\nat line 3');
    const environment = corridor({
      step: () => {
        throw cause;
      },
    });
    expect(() => environment.step(0)).toThrow(
      expect.objectContaining({
        message: 'environment Corridor-v0: step 1: step() failed: simulator crashed',
        environment: 'Corridor-v0',
        cause,
      }),
    );
    const reset = () => {
      throw 'no licence';
    };
    expect(() => corridor({ reset })).toThrow('environment Corridor-v0: step 0: reset() failed: no licence');
    expect(() => corridor({ reset: () => [] })).toThrow('"observation" of reset() must have 1 numbers, got 0');
  });

  it('an empty action set, and spaces that are none', () => {
    const create = () => Object.assign(new Corridor(), { actionSpace: new Discrete(0) });
    expect(() => makeEnvironment({ name: 'Still-v0', create })).toThrow(
      'environment Still-v0: create() failed: "n" of Discrete must be an integer >= 1, got 0',
    );
    const field = (change: object) => () => new CheckedEnvironment('X', Object.assign(new Corridor(), change));
    expect(field({ actionSpace: { kind: 'discrete', n: 0 } })).toThrow('"actionSpace" must be a Discrete or a Box');
    expect(field({ observationSpace: [1] })).toThrow('environment X: "observationSpace" must be a Box');
    expect(field({ reset: undefined })).toThrow('environment X: "reset" must be a function, got undefined');
    expect(field({ step: 1 })).toThrow('environment X: "step" must be a function, got 1');
  });

  it('a scene that cannot be drawn', () => {
    const right = { width: 9, height: 9, secondsPerStep: 0.1, background: '', parts: [] };
    const scene = (change: object) => () =>
      new CheckedEnvironment('X', Object.assign(new Corridor(), { scene: { ...right, ...change } }));
    expect(scene({})().scene).toEqual(right);
    for (const change of [
      { width: undefined },
      { height: Number.NaN },
      { secondsPerStep: 0 },
      { background: undefined },
      { parts: undefined },
      { parts: [{ markup: '' }] },
    ]) {
      expect(scene(change)).toThrow(
        'environment X: "scene" must have "width", "height" and "secondsPerStep" > 0, a "background" and "parts"',
      );
    }
  });

  it('actions that are not of their space', () => {
    for (const action of [2, -1, 0.5, Number.NaN, Float32Array.of(1)]) {
      expect(() => corridor({}).step(action)).toThrow('step 0: "action" must be an integer in [0, 2), got');
    }
    const continuous = () => corridor({ actionSpace: new Box([-1, -1], [1, 1]), step: () => fine });
    expect(continuous().step(Float32Array.of(5, 0))).toEqual(fine);
    for (const action of [1, Float32Array.of(1), Float32Array.of(0, Number.NaN), null, undefined]) {
      expect(() => continuous().step(action as Action)).toThrow('step 0: "action" must be 2 finite numbers, got');
    }
  });

  it('a step without a running episode', () => {
    const environment = new CheckedEnvironment('Corridor-v0', new Corridor(1));
    expect(() => environment.step(1)).toThrow('step() needs a reset() first: no episode is running');
    environment.reset(new Random(1));
    environment.step(0);
    environment.step(1);
    expect(() => environment.step(1)).toThrow('step() needs a reset() first: no episode is running');
  });
});

describe('time limit and counts', () => {
  it('truncates at the limit, counts, and starts again', () => {
    const environment = new CheckedEnvironment('Corridor-v0', new Corridor(), 3);
    for (let episode = 0; episode < 2; episode++) {
      environment.reset(new Random(0));
      const ends = [1, 2, 3].map(() => environment.step(0).truncated);
      expect(ends).toEqual([false, false, true]);
      expect(environment).toMatchObject({ episodeReturn: -3, episodeLength: 3 });
    }
  });

  it('keeps both ends apart, and both at once when the goal is reached in the last step', () => {
    const last = (length: number, limit: number) => {
      const environment = new CheckedEnvironment('Corridor-v0', new Corridor(length, 1), limit);
      environment.reset(new Random(0));
      for (let step = 1; ; step++) {
        const { terminated, truncated } = environment.step(1);
        if (terminated || truncated) return [step, terminated, truncated];
      }
    };
    expect(last(3, 9)).toEqual([3, true, false]);
    expect(last(3, 3)).toEqual([3, true, true]);
    expect(last(9, 3)).toEqual([3, false, true]);
  });
});

describe('saving', () => {
  it.each(environmentNames())('%s goes on bit for bit from JSON, also in the middle of an episode', (name) => {
    const action = () => (environment.actionSpace.kind === 'discrete' ? 1 : Float32Array.of(0.3));
    const environment = makeEnvironment(name);
    const random = new Random(9);
    environment.reset(random);
    for (let step = 0; step < 5; step++) environment.step(action());
    const other = makeEnvironment(name);
    other.load(JSON.parse(JSON.stringify(environment.save())), random);
    for (let step = 0; step < 3; step++) expect(other.step(action())).toEqual(environment.step(action()));
    expect(other.episodeReturn).toBe(environment.episodeReturn);
    expect(other.episodeLength).toBe(8);
  });

  it('refuses states that are not its own, and says whether an environment can be saved', () => {
    const environment = makeEnvironment('CartPole-v1');
    const wrong: Json[] = [null, {}, { running: true, episodeReturn: 'x', episodeLength: 1, inner: [] }];
    for (const state of wrong) {
      expect(() => environment.load(state, new Random(0))).toThrow(
        'CartPole-v1: step 0: load() failed: "state" must be',
      );
    }
    expect(environment.resumable).toBe(true);
    expect(corridor({}).resumable).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['"state" must be plain JSON, got undefined', () => undefined],
    ['"state.f" must be plain JSON, got a function', () => ({ f: () => 1 })],
    ['"state[0]" must be plain JSON, got NaN', () => [Number.NaN]],
    [
      'no disk',
      () => {
        throw new Error('no disk\nat line 3');
      },
    ],
  ])('a state that is not plain JSON: %s', (problem, save) => {
    const environment = corridor({ save: save as () => Json, load() {} });
    expect(() => environment.save()).toThrow(new EnvironmentError('Corridor-v0', `step 0: save() failed: ${problem}`));
  });
});

describe('the registry', () => {
  it('makes a user environment by its name, with its limit', () => {
    registerEnvironment({ name: 'mine/Corridor-v0', create: () => new Corridor(), maxEpisodeSteps: 1 });
    const environment = makeEnvironment('mine/Corridor-v0');
    environment.reset(new Random(0));
    expect(environment.step(0).truncated).toBe(true);
    expect(environmentNames()).toContain('mine/Corridor-v0');
  });

  it('refuses names that are taken or would not do for a file, and limits that are none', () => {
    const create = () => new Corridor();
    expect(() => registerEnvironment({ name: 'CartPole-v1', create })).toThrow('CartPole-v1: is registered already');
    for (const name of ['', 'a b', '<x>', 'a/b/c', '../x/y', 'x'.repeat(65)]) {
      expect(() => registerEnvironment({ name, create })).toThrow('"name" of an environment must be letters');
    }
    for (const maxEpisodeSteps of [0, 1.5, Number.NaN]) {
      expect(() => makeEnvironment({ name: 'X-v0', create, maxEpisodeSteps })).toThrow(
        `environment X-v0: "maxEpisodeSteps" must be an integer >= 1, got ${maxEpisodeSteps}`,
      );
    }
    for (const wrong of [undefined, null, 5, { create }]) {
      expect(() => makeEnvironment(wrong as unknown as EnvironmentSpec)).toThrow(
        '"name" of an environment must be letters',
      );
    }
    const made = (create: unknown) => () => makeEnvironment({ name: 'X-v0', create } as EnvironmentSpec);
    expect(made(undefined)).toThrow('environment X-v0: "create" must be a function that makes an environment, got');
    expect(made(() => undefined)).toThrow('environment X-v0: create() must return an environment, got undefined');
    expect(made(() => Corridor)).toThrow('environment X-v0: create() must return an environment, got class Corridor');
    expect(() => makeEnvironment('CartPole')).toThrow(
      '"CartPole" is no environment; there are CartPole-v1, Acrobot-v1',
    );
  });
});
