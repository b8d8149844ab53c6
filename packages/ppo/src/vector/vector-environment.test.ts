import { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../environment.js';
import { environmentNames } from '../registry.js';
import { Box } from '../spaces.js';
import { Corridor } from '../testing/corridor.js';
import { NormalizeObservation } from './normalize-observation.js';
import { clipReward, NormalizeReward, scaleReward } from './rewards.js';
import { VectorEnvironment, type VectorOptions } from './vector-environment.js';

const corridors = (options: Partial<VectorOptions> = {}, change: () => Partial<Environment> = () => ({})) =>
  new VectorEnvironment(
    {
      name: 'Corridor-v0',
      create: () => Object.assign(new Corridor(3, 1), change()),
      maxEpisodeSteps: 5,
    },
    { environments: 2, seed: 0, ...options },
  );

function drawActions(environments: VectorEnvironment, random: Random): Int32Array | Float32Array {
  const length = environments.environments * environments.actionSize;
  const space = environments.actionSpace;
  return space.kind === 'discrete'
    ? Int32Array.from({ length }, () => random.integer(space.n))
    : Float32Array.from({ length }, () => 3 * random.normal());
}

/** All numbers of some steps, copied. */
function play(environments: VectorEnvironment, steps: number, random: Random) {
  return Array.from({ length: steps }, () => {
    const { observations, rewards, terminated, truncated, episodes } = environments.step(
      drawActions(environments, random),
    );
    return [[...observations], [...rewards], [...terminated], [...truncated], episodes];
  });
}

describe('auto-reset', () => {
  it('an episode that terminates or is truncated is followed by the next one in the same step', () => {
    const environments = corridors();
    expect([...environments.reset()]).toEqual([0, 0]);
    const right = Int32Array.of(1, 0);
    environments.step(right);
    environments.step(right);
    const third = environments.step(right);
    // The first corridor has reached its end: its next observation is a start, the final one is kept.
    expect([...third.observations]).toEqual([0, 0]);
    expect(third.finalObservations[0]).toBe(3);
    expect([...third.terminated, ...third.truncated]).toEqual([1, 0, 0, 0]);
    expect(third.episodes).toEqual([{ environment: 0, episodeReturn: -3, episodeLength: 3 }]);
    environments.step(right);
    const fifth = environments.step(right);
    expect([...fifth.terminated, ...fifth.truncated]).toEqual([0, 0, 0, 1]);
    expect([...fifth.observations]).toEqual([2, 0]);
    expect(fifth.episodes).toEqual([{ environment: 1, episodeReturn: -5, episodeLength: 5 }]);
  });

  it('episodes are counted in the rewards of the environment, whatever the transforms make of them', () => {
    const environments = corridors({ transforms: [scaleReward(1000), clipReward(10)] });
    environments.reset();
    for (let step = 0; step < 2; step++) environments.step(Int32Array.of(1, 1));
    const { rewards, episodes } = environments.step(Int32Array.of(1, 1));
    expect([...rewards]).toEqual([-10, -10]);
    expect(episodes.map(({ episodeReturn }) => episodeReturn)).toEqual([-3, -3]);
  });
});

describe('final observations', () => {
  it('are transformed with what has been learnt, and not learnt from', () => {
    const normalize = new NormalizeObservation();
    const environments = corridors({ transforms: [normalize] });
    const twin = new NormalizeObservation();
    const learn = (...rows: number[]) => twin.observations(Float32Array.from(rows), 1, true);
    environments.reset();
    for (let step = 0; step < 2; step++) environments.step(Int32Array.of(1, 0));
    const { finalObservations } = environments.step(Int32Array.of(1, 0));
    // What the policy was shown: the third step ended at 3 and showed the next start.
    learn(0, 0);
    learn(1, 0);
    learn(2, 0);
    learn(0, 0);
    expect(normalize.save()).toEqual(twin.save());
    const final = Float32Array.of(3);
    twin.observations(final, 1, false);
    expect(finalObservations[0]).toBe(final[0]);
  });
});

describe('actions', () => {
  it('of a Box are clipped on the way to the environment, and the array stays as it is', () => {
    const seen: number[] = [];
    const change = () => ({
      actionSpace: new Box([-1, -2], [1, Number.POSITIVE_INFINITY]),
      step(action: number | Float32Array) {
        seen.push(...(action as Float32Array));
        return { observation: [0], reward: 0, terminated: false, truncated: false };
      },
    });
    const environments = corridors({}, change as () => Partial<Environment>);
    environments.reset();
    const actions = Float32Array.of(5, 7, -5, -7);
    environments.step(actions);
    expect(seen).toEqual([1, 7, -1, -2]);
    expect([...actions]).toEqual([5, 7, -5, -7]);
    expect(() => environments.step(Float32Array.of(Number.NaN, 0, 0, 0))).toThrow(
      'environment Corridor-v0: step 1: "action" must be 2 finite numbers, got [NaN, 0]',
    );
  });

  it('of the wrong number are refused', () => {
    const environments = corridors();
    environments.reset();
    expect(() => environments.step(Int32Array.of(1))).toThrow('Corridor-v0: "actions" must be 2 numbers, got 1');
  });
});

describe('seeds', () => {
  it.each(environmentNames())('%s: the same seed the same bits, every environment and every seed its own', (name) => {
    const run = (seed: number) => {
      const environments = new VectorEnvironment(name, { environments: 3, seed });
      return [[...environments.reset()], play(environments, 40, new Random('actions'))];
    };
    expect(run(1)).toEqual(run(1));
    expect(run(2)).not.toEqual(run(1));
    const starts = new VectorEnvironment(name, { environments: 3, seed: 1 }).reset();
    expect(new Set(starts).size).toBeGreaterThan(3);
  });

  it('the streams of the first environments do not depend on how many there are', () => {
    const starts = (environments: number) => [
      ...new VectorEnvironment('CartPole-v1', { environments, seed: 1 }).reset(),
    ];
    expect(starts(4).slice(0, 8)).toEqual(starts(2));
  });
});

describe('resume', () => {
  const transforms = () => [scaleReward(3), new NormalizeObservation(), new NormalizeReward(0.99), clipReward(2)];

  it.each(environmentNames())('%s goes on bit for bit from JSON, with all transforms, from any step', (name) => {
    for (const before of [0, 7, 230]) {
      const make = () => new VectorEnvironment(name, { environments: 2, seed: 5, transforms: transforms() });
      const first = make();
      first.reset();
      play(first, before, new Random('before'));
      const state = JSON.parse(JSON.stringify(first.save())) as Json;
      const second = make();
      const observations = [...second.load(state)];
      expect(observations).toEqual((state as { observations: Json }).observations);
      // Past the end of an episode, so that new starts are drawn.
      expect(play(second, 260, new Random('after'))).toEqual(play(first, 260, new Random('after')));
      expect(second.save()).toEqual(first.save());
    }
  });

  it('environments without save() and load() begin new episodes, with the statistics that were learnt', () => {
    const make = () => {
      const create = () => new Corridor(30);
      return new VectorEnvironment(
        { name: 'Corridor-v0', create },
        { environments: 2, seed: 0, transforms: transforms() },
      );
    };
    const first = make();
    expect(first.resumable).toBe(false);
    first.reset();
    play(first, 9, new Random(1));
    const resume = () => {
      const second = make();
      second.load(JSON.parse(JSON.stringify(first.save())));
      return play(second, 5, new Random(2));
    };
    expect(resume()).toEqual(resume());
  });

  it('refuses a state of other size or other transforms', () => {
    const state = corridors({ transforms: [scaleReward(2)] }).save();
    const load = (into: VectorEnvironment, from: Json) => () => into.load(from);
    expect(load(corridors({ environments: 3, transforms: [scaleReward(2)] }), state)).toThrow(
      '"state" must be what VectorEnvironment.save() returned, of 3 times Corridor-v0 with scale-reward transforms',
    );
    expect(load(corridors({ transforms: [clipReward()] }), state)).toThrow('with clip-reward transforms');
    const saved = corridors().save() as { readonly [key: string]: Json };
    const bent = (change: { readonly [key: string]: Json }) => ({ ...saved, ...change });
    const near = [
      bent({ observations: 'ab' }),
      bent({ observations: [0, null] }),
      bent({ randoms: 'ab' }),
      bent({ environments: {} }),
    ];
    for (const wrong of [null, {}, [], 'x', ...near])
      expect(load(corridors(), wrong)).toThrow('of 2 times Corridor-v0 with no transforms');
  });
});

describe('bad input', () => {
  it('is one line that names what is wrong', () => {
    expect(() => corridors({ environments: 0 })).toThrow('"environments" must be an integer >= 1, got 0');
    expect(() => corridors({ transforms: [scaleReward(2), scaleReward(3)] })).toThrow(
      '"transforms" must have different names, got "scale-reward" twice',
    );
    expect(() => new VectorEnvironment('Pong-v5', { environments: 1, seed: 0 })).toThrow('"Pong-v5" is no environment');
    const reward = { step: () => ({ observation: [0], reward: Number.NaN, terminated: false, truncated: false }) };
    const environments = corridors({}, () => reward);
    environments.reset();
    expect(() => environments.step(Int32Array.of(0, 0))).toThrow(
      'environment Corridor-v0: step 1: "reward" must be a finite number, got NaN',
    );
  });

  it('actions out of range, and too few of them', () => {
    const environments = corridors();
    environments.reset();
    expect(() => environments.step(Int32Array.of(0, 2))).toThrow('"action" must be an integer in [0, 2), got 2');
    expect(() => environments.step(Int32Array.of(-1, 0))).toThrow('"action" must be an integer in [0, 2), got -1');
    expect(() => environments.step(Int32Array.of(0))).toThrow('"actions" must be 2 numbers, got 1');
    const pendulum = new VectorEnvironment('Pendulum-v1', { environments: 1, seed: 0 });
    expect(() => pendulum.step(Float32Array.of(0))).toThrow('step() needs a reset() first');
    pendulum.reset();
    expect(() => pendulum.step(Float32Array.of(Number.NaN))).toThrow('"action" must be 1 finite numbers, got [NaN]');
    // Beyond the bounds is what a normal distribution draws: clipped.
    expect(pendulum.step(Float32Array.of(1e30)).rewards[0]).toBeLessThan(0);
  });

  it('copies that are one and the same environment are refused', () => {
    const shared = new Corridor();
    expect(
      () => new VectorEnvironment({ name: 'Corridor-v0', create: () => shared }, { environments: 2, seed: 0 }),
    ).toThrow('environment Corridor-v0: create() must make a new environment at every call');
    let length = 1;
    const growing = {
      name: 'Corridor-v0',
      create: () => Object.assign(new Corridor(), { observationSpace: new Box(0, 9, [length++]) }),
    };
    expect(() => new VectorEnvironment(growing, { environments: 2, seed: 0 })).toThrow(
      'environment Corridor-v0: create() must make environments of the same spaces',
    );
  });
});
