import { expect, it } from 'vitest';
import { evaluatePolicy, greedyPolicy } from './evaluate.js';
import type { Actor } from './policy/actor.js';
import { makeEnvironment } from './registry.js';
import { Box, Discrete } from './spaces.js';
import { Corridor } from './testing/corridor.js';
import { POLICIES } from './testing/policies.js';

const corridor = () => makeEnvironment({ name: 'Corridor-v0', create: () => new Corridor(5, 2), maxEpisodeSteps: 30 });

it('mean and standard deviation of the returns, by hand', async () => {
  // From place 0 it takes five steps, from place 1 four.
  const { returns, ...found } = await evaluatePolicy(corridor(), () => 1, { episodes: 8, seed: 3 });
  expect(new Set(returns)).toEqual(new Set([-5, -4]));
  const mean = returns.reduce((sum, value) => sum + value) / 8;
  const share = -4 - mean;
  expect(found).toMatchObject({ episodes: 8, meanReturn: mean, meanLength: -mean });
  // Of two values that are 1 apart.
  expect(found.stdReturn).toBeCloseTo(Math.sqrt(share * (1 - share)), 12);
  expect(found.first).toMatchObject({ episodeReturn: returns[0], terminated: true });
});

it('the same seed gives the same episodes, another one others', async () => {
  const play = async (seed: number) =>
    (await evaluatePolicy(makeEnvironment('Pendulum-v1'), POLICIES['Pendulum-v1']!, { episodes: 2, seed })).returns;
  expect(await play(1)).toEqual(await play(1));
  expect(await play(1)).not.toEqual(await play(2));
});

it('refuses to play no episode', async () => {
  await expect(evaluatePolicy(corridor(), () => 1, { episodes: 0, seed: 1 })).rejects.toThrow(
    '"episodes" must be an integer >= 1, got 0',
  );
});

it('the greedy policy clips to the space, and shows the network transformed observations alone', async () => {
  const seen: number[][] = [];
  const says = (answer: Int32Array | Float32Array) =>
    ({
      best: async (observations: Float32Array) => {
        seen.push([...observations]);
        return answer;
      },
    }) as unknown as Actor;
  const halved = {
    name: 'halved',
    observations: (rows: Float32Array) => void rows.set(rows.map((value) => value / 2)),
  };
  const observation = Float32Array.of(2, 4);
  const continuous = greedyPolicy(says(Float32Array.of(3, -0.5)), new Box([-1, -1], [1, 1]), halved);
  expect(await continuous(observation)).toEqual(Float32Array.of(1, -0.5));
  expect(await greedyPolicy(says(Int32Array.of(2)), new Discrete(3))(observation)).toBe(2);
  expect(seen).toEqual([
    [1, 2],
    [2, 4],
  ]);
  expect([...observation]).toEqual([2, 4]);
});
