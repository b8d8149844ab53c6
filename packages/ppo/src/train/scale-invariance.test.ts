/** With PopArt a training does not depend on the size of the rewards: the proof is the trajectory itself. */
import type { MetricsRecord } from '@counterpoise/training';
import { describe, expect, it } from 'vitest';
import type { Trunk } from '../policy/actor-critic.js';
import { chooseBalance } from '../update/choose-balance.js';
import { scaleReward } from '../vector/rewards.js';
import type { TrainOptions } from './settings.js';
import { createPpoTrainer } from './trainer.js';

interface Run {
  readonly policy: readonly number[];
  readonly critic: readonly number[];
  readonly metrics: readonly MetricsRecord[];
}

/** Four rollouts and updates, with episodes that end by themselves and by time. */
async function train(scale: number, options: Partial<TrainOptions>, balance = 'default'): Promise<Run> {
  const trainer = await createPpoTrainer({
    environment: 'CartPole-v1',
    ...chooseBalance(balance),
    environments: 2,
    steps: 64,
    hidden: [16],
    totalSteps: 4 * 128,
    learningRate: 0.005,
    seed: 3,
    transforms: [scaleReward(scale)],
    bootstrapsTruncation: true,
    ...options,
  });
  const metrics: MetricsRecord[] = [];
  while (trainer.updates.done < trainer.updates.total) metrics.push((await trainer.iterate()).metrics);
  const { actor, critic, trunk, logStd } = trainer.model;
  const numbers = (parameters: Iterable<{ readonly data: Float32Array }>) =>
    [...parameters].flatMap((p) => [...p.data]);
  trainer.release();
  return {
    policy: numbers([...trunk.parameters(), ...actor.parameters(), ...(logStd ? [logStd] : [])]),
    critic: numbers(critic.parameters()),
    metrics,
  };
}

const cases: [string, Trunk][] = [
  ['CartPole-v1', 'shared'],
  ['CartPole-v1', 'separate'],
  ['Pendulum-v1', 'shared'],
];
const inUnitOfRewards = ['charts/return_mean', 'charts/return_std'];

describe.each(cases)('%s, %s trunk', (environment, trunk) => {
  const options = { environment, trunk, ...(environment === 'Pendulum-v1' && { steps: 256, totalSteps: 4 * 512 }) };

  it('rewards times a power of two: every bit of network and metrics is the same', async () => {
    const one = await train(1, options);
    for (const scale of [2 ** -7, 2 ** 10]) {
      const other = await train(scale, options);
      expect(other.policy).toEqual(one.policy);
      expect(other.critic).toEqual(one.critic);
      other.metrics.forEach((found, at) => {
        const wanted = one.metrics[at]!;
        const ofRewards = Object.fromEntries(inUnitOfRewards.map((name) => [name, scale * (wanted[name] as number)]));
        expect(found).toEqual({ ...wanted, ...ofRewards });
      });
    }
  });

  it('rewards times 0.01 and 1000: the same policy, to float32 rounding', async () => {
    const one = await train(1, options);
    const length = Math.hypot(...one.policy);
    for (const scale of [0.01, 1000]) {
      const other = await train(scale, options);
      expect(Math.hypot(...other.policy.map((value, at) => value - one.policy[at]!))).toBeLessThan(1e-4 * length);
      other.metrics.forEach((found, at) => {
        const [got, wanted] = [found, one.metrics[at]!].map((row) => (row['charts/episodic_return'] ?? 0) as number);
        // A round-off in an action grows with the episode.
        expect(Math.abs(got! - wanted!)).toBeLessThanOrEqual(1e-3 * Math.abs(wanted!));
      });
    }
  });
});

it('without it they are another training', async () => {
  const [one, other] = [await train(1, {}, 'fixed'), await train(1000, {}, 'fixed')];
  const change = Math.hypot(...other.policy.map((value, at) => value - one.policy[at]!));
  expect(change).toBeGreaterThan(0.05 * Math.hypot(...one.policy));
  expect(other.metrics.at(-1)!['losses/value_loss']).toBeGreaterThan(
    1e4 * (one.metrics.at(-1)!['losses/value_loss'] as number),
  );
});
