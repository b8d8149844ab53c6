import { initialise, Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { type Actor, compileActor } from '../policy/actor.js';
import { ActorCritic } from '../policy/actor-critic.js';
import { collectRollout } from '../rollout/collect.js';
import { RolloutBuffer } from '../rollout/rollout-buffer.js';
import { VectorEnvironment } from '../vector/vector-environment.js';
import { PopArtCritic } from './pop-art-critic.js';

const options = { gamma: 0.9, lambda: 0.8, bootstrapsTruncation: true };

interface Setting {
  readonly critic: PopArtCritic;
  readonly actor: Actor;
  readonly rollout: RolloutBuffer;
  collect(): Promise<{ shown: Float32Array; values: Float32Array }>;
}

async function setUp(): Promise<Setting> {
  const environment = new VectorEnvironment('Pendulum-v1', { environments: 2, seed: 4 });
  const { observationSpace, actionSpace } = environment;
  const model = initialise(new ActorCritic(observationSpace, actionSpace, { hidden: [8] }), new Random(2));
  const actor = await compileActor(model, 2);
  const critic = new PopArtCritic(actor, model);
  const rollout = new RolloutBuffer(environment, 24);
  let observations = environment.reset();
  return {
    critic,
    actor,
    rollout,
    async collect() {
      ({ observations } = await collectRollout(environment, observations, critic, rollout, new Random(5), options));
      return { shown: observations, values: rollout.rows.values.slice() };
    },
  };
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const std = (values: Float32Array) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

describe('PopArtCritic', () => {
  it('says nothing in the first rollout, and what its network says of the first returns after it', async () => {
    const { critic, actor, rollout, collect } = await setUp();
    const { shown, values } = await collect();
    expect([...values]).toEqual(new Array(48).fill(0));
    // Returns of Pendulum are far below 0.
    const rewards = rollout.rewards.slice();
    await critic.learn(rollout, shown, options);
    const scale = { mean: critic.scale.mean[0]!, std: critic.scale.std[0]! };
    expect(scale.mean).toBeLessThan(-5);
    expect(scale.std).toBeGreaterThan(0.5);
    // Advantages by hand from what the critic now says of the last step: delta = r + gamma V' - V, in units of the deviation.
    const last = await actor.values(rollout.rows.observations.slice(-6));
    const next = await critic.values(shown);
    for (const environment of [0, 1]) {
      const at = 46 + environment;
      const value = last[environment]! * scale.std + scale.mean;
      expect(rollout.rows.values[at]).toBeCloseTo(last[environment]!, 4);
      const delta = rewards[at]! + 0.9 * next[environment]! - value;
      // The head was rescaled between the first statistics and those with the critic: its values stayed.
      expect(rollout.rows.advantages[at]! * scale.std).toBeCloseTo(delta, 3);
      expect(rollout.rows.returns[at]).toBeCloseTo(rollout.rows.values[at]! + rollout.rows.advantages[at]!, 4);
    }
    actor.release();
  });

  it('keeps what it says while the statistics move, and brings returns near mean 0 and deviation 1', async () => {
    const { critic, actor, rollout, collect } = await setUp();
    for (let round = 0; round < 4; round++) {
      const { shown } = await collect();
      const before = await critic.values(shown);
      await critic.learn(rollout, shown, options);
      const after = await critic.values(shown);
      if (round > 0) for (const at of [0, 1]) expect(after[at]).toBeCloseTo(before[at]!, 3);
      expect(Math.abs(mean(rollout.rows.returns))).toBeLessThan(1);
      expect(std(rollout.rows.returns)).toBeGreaterThan(0.3);
      expect(std(rollout.rows.returns)).toBeLessThan(1.5);
    }
    actor.release();
  });

  it('goes on from a saved state', async () => {
    const [one, two] = [await setUp(), await setUp()];
    const { shown } = await one.collect();
    await one.critic.learn(one.rollout, shown, options);
    two.critic.load(JSON.parse(JSON.stringify(one.critic.save())));
    expect(two.critic.scale).toEqual(one.critic.scale);
    expect(() => two.critic.load(null as never)).toThrow('"state" must be what PopArt.save() returned');
    for (const { actor } of [one, two]) actor.release();
  });
});
