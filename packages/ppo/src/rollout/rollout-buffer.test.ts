import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { Box, Discrete } from '../spaces.js';
import { type Decision, RolloutBuffer } from './rollout-buffer.js';

const STEPS = 6;
const spaces = { environments: 2, observationSpace: new Box([0, 0], [1, 1]) };
const discrete = { ...spaces, actionSpace: new Discrete(4) };
const continuous = { ...spaces, actionSpace: new Box([-1, -1, -1], [1, 1, 1]) };

const decision = (step: number): Decision => ({
  observations: Float32Array.of(step, 0.25, step, 1.25),
  actions: Int32Array.of(step % 4, 3),
  logProbabilities: Float32Array.of(-step, -step - 0.5),
  values: Float32Array.of(10 * step, 10 * step + 1),
});
const outcome = (step: number) => ({
  rewards: Float64Array.of(step, 2 * step),
  terminated: Uint8Array.of(Number(step === 2), 0),
  truncated: Uint8Array.of(0, Number(step === 3)),
});

function filled(): RolloutBuffer {
  const buffer = new RolloutBuffer(discrete, STEPS);
  for (let step = 0; step < STEPS; step++) buffer.add(decision(step), outcome(step));
  return buffer;
}

describe('a rollout', () => {
  it('keeps step t of environment n in row 2 t + n', () => {
    const buffer = filled();
    expect(buffer.full).toBe(true);
    const { observations, actions, logProbabilities, values } = buffer.rows;
    expect([...observations.subarray(3 * 4, 4 * 4)]).toEqual([3, 0.25, 3, 1.25]);
    expect([...actions.subarray(6, 8)]).toEqual([3, 3]);
    expect([logProbabilities[7], values[7], buffer.rewards[7]]).toEqual([-3.5, 31, 6]);
    expect([...buffer.ended]).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('its advantages stop at ends; returns are advantages plus values', () => {
    const buffer = filled();
    buffer.computeAdvantages(Float32Array.of(60, 61), { gamma: 0.5, lambda: 0.5 });
    const { advantages, returns, values } = buffer.rows;
    // The first environment ends with step 2: 2 - 20. Before it: 1 + 0.5 * 20 - 10 + 0.25 * -18.
    expect([advantages[4], advantages[2]]).toEqual([-18, -3.5]);
    // The last step looks at the next value: 5 + 30 - 50 and 10 + 30.5 - 51.
    expect([advantages[10], advantages[11]]).toEqual([-15, -10.5]);
    returns.forEach((value, row) => {
      expect(value).toBe(advantages[row]! + values[row]!);
    });
  });

  it('time-limit bootstrapping adds gamma V of the final observation to the last reward', () => {
    const buffer = new RolloutBuffer(discrete, STEPS);
    for (let step = 0; step < 4; step++) buffer.add(decision(step), outcome(step));
    buffer.bootstrapTruncation(1, 8, 0.5);
    expect(buffer.rewards[7]).toBe(6 + 4);
    expect(() => buffer.bootstrapTruncation(0, 8, 0.5)).toThrow(
      'no episode of "environment" 0 ended with the last step',
    );
    // One step of GAE with it is what the step would have had if the episode had gone on from there.
    for (let step = 4; step < STEPS; step++) buffer.add(decision(step), outcome(step));
    buffer.computeAdvantages(Float32Array.of(0, 0), { gamma: 0.5, lambda: 0.5 });
    expect(buffer.rows.advantages[7]).toBe(6 + 0.5 * 8 - 31);
  });

  it('is used again after clear()', () => {
    const buffer = filled();
    buffer.clear();
    expect(buffer.full).toBe(false);
    buffer.add({ ...decision(9), actions: Int32Array.of(1, 2) }, outcome(9));
    expect([...buffer.rows.actions.subarray(0, 2)]).toEqual([1, 2]);
    expect(buffer.ended[0]).toBe(0);
  });

  it('holds continuous actions as they were drawn', () => {
    const buffer = new RolloutBuffer(continuous, 1);
    const actions = Float32Array.of(0.1, 5, -7, 1, 2, 3);
    buffer.add({ ...decision(0), actions }, outcome(0));
    buffer.computeAdvantages(Float32Array.of(0, 0), { gamma: 1, lambda: 1 });
    const [part] = buffer.minibatches(2, new Random(0), { normalize: false });
    expect([...part!.actions].sort()).toEqual([...actions].sort());
    expect(buffer.rows.actions).toEqual(actions);
  });
});

describe('minibatches', () => {
  const ready = () => {
    const buffer = filled();
    buffer.computeAdvantages(Float32Array.of(60, 61), { gamma: 0.9, lambda: 0.9 });
    return buffer;
  };

  it('hand out every row once per epoch, its fields together, in an order of the generator', () => {
    const buffer = ready();
    const random = new Random(3);
    const orders: string[] = [];
    for (let times = 0; times < 2; times++) {
      const seen: number[] = [];
      for (const part of buffer.minibatches(4, random, { normalize: false })) {
        part.values.forEach((value, at) => {
          const row = buffer.rows.values.indexOf(value);
          seen.push(row);
          expect([...part.observations.subarray(2 * at, 2 * at + 2)]).toEqual([
            ...buffer.rows.observations.subarray(2 * row, 2 * row + 2),
          ]);
          for (const field of ['actions', 'logProbabilities', 'advantages', 'returns'] as const) {
            expect(part[field][at]).toBe(buffer.rows[field][row]);
          }
        });
      }
      orders.push(seen.join());
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, row) => row));
    }
    expect(orders[0]).not.toBe(orders[1]);
  });

  it('normalise the advantages of each part and leave the rollout as it is', () => {
    const buffer = ready();
    const before = buffer.rows.advantages.slice();
    for (const { advantages } of buffer.minibatches(6, new Random(1), { normalize: true })) {
      const mean = advantages.reduce((sum, x) => sum + x, 0) / 6;
      expect(mean).toBeCloseTo(0, 6);
      expect(advantages.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5).toBeCloseTo(1, 5);
    }
    expect(buffer.rows.advantages).toEqual(before);
  });

  it('refuse a size that does not divide the rollout', () => {
    const first = (rows: number) => () => ready().minibatches(rows, new Random(0), { normalize: true }).next();
    expect(first(5)).toThrow('"rows" of a minibatch must divide the 12 rows of the rollout, got 5');
    expect(first(0)).toThrow('"rows" must be an integer >= 1, got 0');
  });
});

describe('bad input', () => {
  it('wrong lengths, too many steps, too few, and factors out of range', () => {
    const buffer = new RolloutBuffer(discrete, 1);
    const short = { ...decision(0), logProbabilities: Float32Array.of(0) };
    expect(() => buffer.add(short, outcome(0))).toThrow('"logProbabilities" must be 2 numbers, got 1');
    expect(() => buffer.computeAdvantages(Float32Array.of(0, 0), { gamma: 1, lambda: 1 })).toThrow(
      'the rollout must have 1 steps, got 0',
    );
    expect(() => buffer.add(decision(0), { ...outcome(0), rewards: Float64Array.of(1, 1e39) })).toThrow(
      '"rewards" must be finite in float32, got 1e+39 from environment 1',
    );
    buffer.add(decision(0), outcome(0));
    expect(() => buffer.add(decision(1), outcome(1))).toThrow('the rollout is full');
    const advantages = (values: number[], gamma: number, lambda: number) => () =>
      buffer.computeAdvantages(Float32Array.from(values), { gamma, lambda });
    expect(advantages([0], 1, 1)).toThrow('"nextValues" must be 2 numbers, got 1');
    expect(advantages([0, 0], 1.01, 1)).toThrow('"gamma" must be in [0, 1], got 1.01');
    expect(advantages([0, 0], 1, Number.NaN)).toThrow('"lambda" must be in [0, 1], got NaN');
    expect(() => new RolloutBuffer(discrete, 0)).toThrow('"steps" must be an integer >= 1, got 0');
  });
});
