import { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NormalizeObservation } from './normalize-observation.js';
import { clipReward, NormalizeReward, scaleReward } from './rewards.js';
import { RunningMoments } from './running-moments.js';

const thenJson = (state: Json) => JSON.parse(JSON.stringify(state)) as Json;

describe('RunningMoments', () => {
  it('is the mean and the variance of all rows, however they are cut into batches', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        (seed, batches) => {
          const random = new Random(seed);
          const moments = new RunningMoments(2);
          const columns: [number[], number[]] = [[], []];
          for (const rows of batches) {
            const batch = Array.from({ length: rows }, () => [1000 + random.normal(), 0.01 * random.normal()]);
            columns[0].push(...batch.map((row) => row[0]!));
            columns[1].push(...batch.map((row) => row[1]!));
            moments.update(batch.flat());
          }
          columns.forEach((values, column) => {
            // 1e-4 rows of mean 0 and variance 1, which it starts with, belong to it.
            const count = values.length + 1e-4;
            const mean = values.reduce((sum, x) => sum + x, 0) / count;
            const variance = (values.reduce((sum, x) => sum + (x - mean) ** 2, 0) + 1e-4 * (1 + mean ** 2)) / count;
            expect(Math.abs(moments.mean[column]! - mean)).toBeLessThan(1e-10 * Math.max(1, Math.abs(mean)));
            expect(Math.abs(moments.variance[column]! - variance)).toBeLessThan(1e-9 * variance);
          });
        },
      ),
    );
  });

  it('refuses states that are not its own', () => {
    const wrong: Json[] = [
      null,
      {},
      { count: 0, mean: [0], variance: [1] },
      { count: 1, mean: [0], variance: [-1] },
      { count: 1, mean: [0, 1], variance: [1] },
      { count: 1, mean: [null], variance: [1] },
      { count: 1, mean: [], variance: [] },
    ];
    for (const state of wrong) expect(() => RunningMoments.from(state)).toThrow('"state" must be what RunningMoments');
  });
});

describe('NormalizeObservation', () => {
  it('takes mean and deviation of what it has seen, and clips', () => {
    const normalize = new NormalizeObservation();
    const rows = Float32Array.of(1, 100, 3, 300);
    normalize.observations(rows, 2, true);
    // Means 2 and 200, variances 1 and 10 000, but for the 1e-4 rows of the start.
    [-1, -1, 1, 1].forEach((x, at) => {
      expect(Math.abs(rows[at]! - x)).toBeLessThan(1e-3);
    });
    const far = Float32Array.of(1e6, -1e6);
    normalize.frozen().observations?.(far, 2, true);
    expect([...far]).toEqual([10, -10]);
    const near = Float32Array.of(1e6, -1e6);
    const narrow = new NormalizeObservation({ clip: 0.5 });
    narrow.observations(near, 2, false);
    expect([...near]).toEqual([0.5, -0.5]);
  });

  it('learns from what it is told to learn from only, and frozen() follows it', () => {
    const normalize = new NormalizeObservation();
    normalize.observations(Float32Array.of(5, 7), 1, true);
    const before = JSON.stringify(normalize.save());
    normalize.observations(Float32Array.of(1e3), 1, false);
    normalize.frozen().observations?.(Float32Array.of(1e3), 1, true);
    expect(JSON.stringify(normalize.save())).toBe(before);
    const frozen = normalize.frozen();
    normalize.observations(Float32Array.of(100, 200), 1, true);
    const [one, other] = [Float32Array.of(50), Float32Array.of(50)];
    normalize.observations(one, 1, false);
    frozen.observations?.(other, 1, true);
    expect(other).toEqual(one);
  });

  it('resumes bit for bit, also before it has seen anything', () => {
    for (const seen of [0, 3]) {
      const first = new NormalizeObservation();
      const random = new Random(1);
      for (let step = 0; step < seen; step++)
        first.observations(Float32Array.of(random.normal(), random.normal()), 2, true);
      const second = new NormalizeObservation();
      second.load(thenJson(first.save()));
      const [a, b] = [Float32Array.of(0.1, 0.2), Float32Array.of(0.1, 0.2)];
      first.observations(a, 2, true);
      second.observations(b, 2, true);
      expect(b).toEqual(a);
      expect(second.save()).toEqual(first.save());
    }
  });

  it('refuses statistics of another size and limits that are none', () => {
    const normalize = new NormalizeObservation();
    normalize.observations(Float32Array.of(1, 2), 2, true);
    expect(() => normalize.observations(Float32Array.of(1, 2, 3), 3, true)).toThrow(
      'have 3 numbers, their statistics 2',
    );
    for (const clip of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new NormalizeObservation({ clip })).toThrow(`"clip" must be a finite number > 0, got ${clip}`);
    }
  });
});

describe('rewards', () => {
  it('are scaled by a constant and clipped', () => {
    const rewards = Float64Array.of(0.5, -3, 20);
    scaleReward(10).rewards?.(rewards, new Uint8Array(3));
    expect([...rewards]).toEqual([5, -30, 200]);
    clipReward().rewards?.(rewards, new Uint8Array(3));
    expect([...rewards]).toEqual([5, -10, 10]);
    expect(() => scaleReward(0)).toThrow('"factor" must be a finite number > 0, got 0');
    expect(() => clipReward(Number.NaN)).toThrow('"limit" must be a finite number > 0, got NaN');
  });

  it('are divided by the deviation of the discounted return, which ends with its episode', () => {
    const normalize = new NormalizeReward(0.5);
    const steps = [
      { rewards: [1, 4], ended: [0, 1], returns: [1, 4] },
      { rewards: [2, 8], ended: [0, 0], returns: [2.5, 8] },
      { rewards: [0, -2], ended: [0, 0], returns: [1.25, 2] },
    ];
    const moments = new RunningMoments(1);
    for (const { rewards, ended, returns } of steps) {
      moments.update(returns);
      const now = Float64Array.from(rewards);
      normalize.rewards(now, Uint8Array.from(ended));
      expect([...now]).toEqual(rewards.map((reward) => reward / Math.sqrt(moments.variance[0]! + 1e-8)));
    }
  });

  it('normalised, do not see a scale, in the long run', () => {
    const [small, large] = [new NormalizeReward(0.99), new NormalizeReward(0.99)];
    const random = new Random(2);
    let last: readonly [number, number] = [0, 0];
    for (let step = 0; step < 500; step++) {
      const reward = random.normal();
      const [one, other] = [Float64Array.of(reward), Float64Array.of(1000 * reward)];
      small.rewards(one, Uint8Array.of(Number(step % 50 === 49)));
      large.rewards(other, Uint8Array.of(Number(step % 50 === 49)));
      last = [one[0]!, other[0]!];
    }
    expect(last[1]).toBeCloseTo(last[0], 5);
  });

  it('normalised, resume bit for bit in the middle of an episode', () => {
    const first = new NormalizeReward(0.9);
    const ended = Uint8Array.of(0, 0);
    for (const reward of [1, -2, 0.3]) first.rewards(Float64Array.of(reward, 2 * reward), ended);
    const second = new NormalizeReward(0.9);
    second.load(thenJson(first.save()));
    for (const reward of [0.7, 1.1]) {
      const [a, b] = [Float64Array.of(reward, 1), Float64Array.of(reward, 1)];
      first.rewards(a, ended);
      second.rewards(b, ended);
      expect(b).toEqual(a);
    }
    for (const state of [null, {}, { returns: [1] }, { moments: {}, returns: [1] }] as Json[]) {
      expect(() => second.load(state)).toThrow('"state" must be what');
    }
    expect(() => second.rewards(Float64Array.of(1), ended)).toThrow(
      'there are 1 environments, the statistics are of 2',
    );
    expect(() => new NormalizeReward(1.1)).toThrow('"gamma" must be in [0, 1], got 1.1');
  });
});
