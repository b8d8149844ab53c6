import { initialise, Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { Categorical } from '../distributions/categorical.js';
import { Box, Discrete } from '../spaces.js';
import { compileActor } from './actor.js';
import { ActorCritic, type ActorCriticOptions } from './actor-critic.js';

const observationSpace = new Box(-1, 1, [4]);

function discrete(options: ActorCriticOptions = {}): ActorCritic {
  return initialise(new ActorCritic(observationSpace, new Discrete(3), options), new Random(1));
}

/** The network in plain float64. */
function layer(x: readonly number[], model: ActorCritic, key: string, activate: (value: number) => number): number[] {
  const named = new Map(model.namedParameters());
  const weight = named.get(`${key}.weight`)!;
  return Array.from(named.get(`${key}.bias`)!.data, (bias, out) =>
    activate(x.reduce((sum, value, at) => sum + value * weight.data[out * x.length + at]!, bias)),
  );
}

describe('ActorCritic', () => {
  it('has the keys and shapes of its trunks and heads', () => {
    const shapes = (model: ActorCritic) => model.namedParameters().map(([key, { shape }]) => `${key} ${shape}`);
    const trunk = (name: string) => [
      `${name}.0.weight 64,4`,
      `${name}.0.bias 64`,
      `${name}.2.weight 64,64`,
      `${name}.2.bias 64`,
    ];
    const heads = ['actor.weight 3,64', 'actor.bias 3', 'critic.weight 1,64', 'critic.bias 1'];
    expect(shapes(discrete({ trunk: 'shared' })).sort()).toEqual([...trunk('trunk'), ...heads].sort());
    expect(shapes(discrete()).sort()).toEqual([...trunk('trunk'), ...trunk('critic_trunk'), ...heads].sort());
    const continuous = new ActorCritic(observationSpace, new Box(-1, 1, [2]), { hidden: [5] });
    expect(shapes(continuous)).toContain('log_std 2');
    expect(shapes(continuous)).toContain('actor.weight 2,5');
  });

  it('begins with gains sqrt(2), 0.01 and 1, and zeros', () => {
    const model = initialise(new ActorCritic(observationSpace, new Box(-1, 1, [2])), new Random(2));
    const squares = new Map(
      model.namedParameters().map(([key, { data }]) => [key, data.reduce((sum, value) => sum + value * value, 0)]),
    );
    // The squares of k orthogonal vectors of length g sum up to k g^2.
    const wanted = { 'trunk.0.weight': 8, 'critic_trunk.2.weight': 128, 'actor.weight': 2e-4, 'critic.weight': 1 };
    for (const [key, sum] of Object.entries(wanted)) expect(squares.get(key)! / sum).toBeCloseTo(1, 5);
    for (const key of ['trunk.0.bias', 'actor.bias', 'critic.bias', 'log_std']) expect(squares.get(key)).toBe(0);
  });

  it('refuses what is no network', () => {
    expect(() => discrete({ hidden: [] })).toThrow('"hidden" must hold the size of at least one layer, got []');
    expect(() => discrete({ hidden: [0] })).toThrow(RangeError);
    expect(() => discrete({ trunk: 'both' as 'shared' })).toThrow('"trunk" must be shared or separate, got both');
  });
});

describe('Actor', () => {
  const observations = Float32Array.from({ length: 8 }, (_, at) => Math.sin(at));

  it.each(['shared', 'separate'] as const)('computes the network, %s trunk', async (trunk) => {
    const model = discrete({ trunk, hidden: [5, 6] });
    const actor = await compileActor(model, 2);
    const decision = await actor.act(observations, new Random(3));
    const values = await actor.values(observations);
    for (const row of [0, 1]) {
      const x = [...observations.subarray(row * 4, row * 4 + 4)];
      const through = (name: string) => layer(layer(x, model, `${name}.0`, Math.tanh), model, `${name}.2`, Math.tanh);
      const logits = layer(through('trunk'), model, 'actor', Number);
      const value = layer(through(trunk === 'shared' ? 'trunk' : 'critic_trunk'), model, 'critic', Number);
      expect(decision.values[row]).toBeCloseTo(value[0]!, 5);
      expect(values[row]).toBe(decision.values[row]);
      const host = new Categorical(Float32Array.from(logits), 3);
      const action = Int32Array.of(decision.actions[row]!);
      expect(decision.logProbabilities[row]).toBeCloseTo(host.logProb(action)[0]!, 5);
    }
    actor.release();
  });

  it('draws by the seed, and reads parameters as they change', async () => {
    const model = discrete({ hidden: [5] });
    const actor = await compileActor(model, 2);
    const one = await actor.act(observations, new Random(3));
    expect(await actor.act(observations, new Random(3))).toEqual(one);
    model.actor.bias!.data.set([0, 0, 50]);
    expect(await actor.best(observations)).toEqual(Int32Array.of(2, 2));
    const sure = await actor.act(observations, new Random(4));
    expect(sure.actions).toEqual(Int32Array.of(2, 2));
    // What was handed out before is not overwritten.
    expect(sure.values).not.toBe(one.values);
    actor.release();
  });

  it('continuous: the mean is the best action', async () => {
    const model = initialise(new ActorCritic(observationSpace, new Box(-1, 1, [2])), new Random(1));
    model.actor.bias!.data.set([0.25, -0.5]);
    model.actor.weight.data.fill(0);
    model.logStd!.data.fill(-20);
    const actor = await compileActor(model, 2);
    expect(await actor.best(observations)).toEqual(Float32Array.of(0.25, -0.5, 0.25, -0.5));
    const { actions } = await actor.act(observations, new Random(1));
    expect(actions[0]).toBeCloseTo(0.25, 6);
    expect(actions[3]).toBeCloseTo(-0.5, 6);
    actor.release();
  });

  it('refuses an answer that is not finite', async () => {
    const model = discrete({ hidden: [5] });
    model.actor.bias!.data[1] = Number.NaN;
    const actor = await compileActor(model, 2);
    await expect(actor.act(observations, new Random(1))).rejects.toThrow(
      '"logits" of the policy must be finite, got NaN at [0, 1]',
    );
    actor.release();
  });
});
