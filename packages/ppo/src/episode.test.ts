import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { playEpisode } from './episode.js';
import { environmentNames, makeEnvironment } from './registry.js';
import { Corridor } from './testing/corridor.js';
import { POLICIES } from './testing/policies.js';

describe('playEpisode', () => {
  it.each(environmentNames())('%s: one more observation than actions, the same seed the same episode', async (name) => {
    const play = () => playEpisode(makeEnvironment(name), new Random(1), POLICIES[name]!);
    const episode = await play();
    expect(episode.observations.length).toBe(episode.episodeLength + 1);
    expect(episode.actions.length).toBe(episode.episodeLength);
    expect(episode.terminated || episode.truncated).toBe(true);
    expect(await play()).toEqual(episode);
  });

  // Both mountain cars rock up, the acrobot swings up: ends that the golden trajectories do not have.
  it('simple policies reach the goals', async () => {
    const played = async (name: string) => playEpisode(makeEnvironment(name), new Random(1), POLICIES[name]!);
    expect(await played('MountainCar-v0')).toMatchObject({ terminated: true, truncated: false });
    expect(await played('Acrobot-v1')).toMatchObject({ terminated: true, truncated: false });
    const continuous = await played('MountainCarContinuous-v0');
    expect(continuous.terminated).toBe(true);
    expect(continuous.episodeReturn).toBeCloseTo(100 - 0.1 * continuous.episodeLength, 9);
    expect(await played('CartPole-v1')).toMatchObject({ terminated: false, truncated: true, episodeReturn: 500 });
  });

  it('plays to the time limit of the environment, also a high one', async () => {
    const create = () => new Corridor(1e6);
    const long = makeEnvironment({ name: 'Long-v0', create, maxEpisodeSteps: 1500 });
    expect(await playEpisode(long, new Random(0), () => 1)).toMatchObject({ episodeLength: 1500, truncated: true });
    const endless = makeEnvironment({ name: 'Endless-v0', create });
    expect(await playEpisode(endless, new Random(0), () => 1)).toMatchObject({ episodeLength: 1000, truncated: true });
  });

  it('keeps copies, waits for promises, and leaves an endless environment', async () => {
    const observation = [0];
    const endless = Object.assign(new Corridor(1e6), {
      reset: () => observation,
      step: () => {
        observation[0]!++;
        return { observation, reward: 1, terminated: false, truncated: false };
      },
    });
    const environment = makeEnvironment({ name: 'Endless-v0', create: () => endless });
    const episode = await playEpisode(environment, new Random(0), async () => 1, 3);
    expect(episode.observations.map((seen) => seen[0])).toEqual([0, 1, 2, 3]);
    expect(episode).toMatchObject({ episodeLength: 3, episodeReturn: 3, terminated: false, truncated: true });
  });
});
