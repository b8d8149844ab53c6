import { initialise, Random } from '@counterpoise/nn';
import { expect, it } from 'vitest';
import { compileActor } from '../policy/actor.js';
import { ActorCritic } from '../policy/actor-critic.js';
import { Corridor } from '../testing/corridor.js';
import { VectorEnvironment } from '../vector/vector-environment.js';
import { collectRollout } from './collect.js';
import { RolloutBuffer } from './rollout-buffer.js';

// Nobody walks 50 places in 3 steps: all episodes are truncated, after steps 3 and 6 of the 7.
const corridor = { name: 'Corridor-v0', create: () => new Corridor(50, 2), maxEpisodeSteps: 3 };

async function collect(bootstrapsTruncation: boolean) {
  const environment = new VectorEnvironment(corridor, { environments: 2, seed: 1 });
  const model = initialise(
    new ActorCritic(environment.observationSpace, environment.actionSpace, { hidden: [4] }),
    new Random(1),
  );
  const actor = await compileActor(model, 2);
  const rollout = new RolloutBuffer(environment, 7);
  const options = { gamma: 0.9, lambda: 0.95, bootstrapsTruncation };
  const first = environment.reset();
  const { episodes, observations } = await collectRollout(environment, first, actor, rollout, new Random(2), options);
  return { actor, rollout, episodes, observations };
}

it('fills the rollout with what was seen and done', async () => {
  const { actor, rollout, episodes, observations } = await collect(false);
  expect(rollout.full).toBe(true);
  expect([...rollout.rewards]).toEqual(Array(14).fill(-1));
  expect([...rollout.ended]).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]);
  expect(episodes.map(({ episodeLength }) => episodeLength)).toEqual([3, 3, 3, 3]);
  const { rows } = rollout;
  for (let at = 0; at < 12; at++) {
    if (rollout.ended[at]) continue;
    const moved = rows.actions[at] === 1 ? 1 : -1;
    expect(rows.observations[at + 2]).toBe(Math.max(0, rows.observations[at]! + moved));
  }
  expect([...rows.values.subarray(4, 6)]).toEqual([...(await actor.values(rows.observations.slice(4, 6)))]);
  // The last step leads to the observations that are handed on: R = r + gamma V.
  const next = await actor.values(observations.slice());
  for (const at of [0, 1]) expect(rows.returns[12 + at]).toBeCloseTo(-1 + 0.9 * next[at]!, 5);
  actor.release();
});

it('adds the value of where a truncated episode was left', async () => {
  const { actor, rollout } = await collect(true);
  const { observations, actions } = rollout.rows;
  // Steps 3 and 6, both environments.
  for (const at of [4, 10]) {
    const left = [0, 1].map((one) => Math.max(0, observations[at + one]! + (actions[at + one] === 1 ? 1 : -1)));
    const values = await actor.values(Float32Array.from(left));
    for (const one of [0, 1]) expect(rollout.rewards[at + one]).toBeCloseTo(-1 + 0.9 * values[one]!, 5);
  }
  expect(rollout.rewards[0]).toBe(-1);
  actor.release();
});
