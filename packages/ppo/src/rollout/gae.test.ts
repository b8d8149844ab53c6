import { Random } from '@counterpoise/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generalizedAdvantages, normalizeAdvantages, type Trajectories } from './gae.js';

function draw(seed: number, steps: number, environments: number, endEvery: number): Trajectories {
  const random = new Random(seed);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  return {
    rewards: normals(steps * environments),
    values: normals(steps * environments),
    ended: Uint8Array.from({ length: steps * environments }, () => Number(random.integer(endEvery) === 0)),
    nextValues: normals(environments),
  };
}

/** Equation 16 as it stands: A_t = sum over l of (gamma lambda)^l delta_(t+l), up to the end of the episode, in float64. */
function directSum(
  { rewards, values, ended, nextValues }: Trajectories,
  gamma: number,
  lambda: number,
  at: number,
): number {
  const environments = nextValues.length;
  let sum = 0;
  for (let row = at, weight = 1; row < rewards.length; row += environments, weight *= gamma * lambda) {
    const next = row + environments < values.length ? values[row + environments]! : nextValues[row % environments]!;
    sum += weight * (rewards[row]! + (ended[row] ? 0 : gamma * next) - values[row]!);
    if (ended[row]) break;
  }
  return sum;
}

const estimate = (trajectories: Trajectories, gamma: number, lambda: number) => {
  const advantages = new Float32Array(trajectories.rewards.length);
  generalizedAdvantages(trajectories, { gamma, lambda }, advantages);
  return advantages;
};

describe('generalizedAdvantages', () => {
  it('has the bits of NumPy in float32, in the order of CleanRL', () => {
    const trajectories = {
      rewards: Float32Array.of(1, 0.3, -2, 0.7, 0.1, 5),
      values: Float32Array.of(0.2, 1.1, -0.4, 0.9, 0.33, 2.2),
      ended: Uint8Array.of(0, 0, 1, 0, 0, 0),
      nextValues: Float32Array.of(0.6, -1.7),
    };
    expect([...estimate(trajectories, 0.99, 0.95)]).toEqual([
      -1.1008000373840332, 2.939340591430664, -1.600000023841858, 3.028538465499878, 0.3640000522136688,
      1.116999864578247,
    ]);
    // Here gamma times lambda in float32 would give other bits.
    expect([...estimate(trajectories, 0.98, 0.8)]).toEqual([
      -0.8464000225067139, 2.31252384185791, -1.600000023841858, 2.8450560569763184, 0.3580000698566437,
      1.1339998245239258,
    ]);
  });

  it('is the sum of the discounted errors up to the end of the episode', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        unit,
        unit,
        (seed, steps, environments, gamma, lambda) => {
          const trajectories = draw(seed, steps, environments, 5);
          estimate(trajectories, gamma, lambda).forEach((advantage, at) => {
            const expected = directSum(trajectories, gamma, lambda, at);
            expect(Math.abs(advantage - expected)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected)));
          });
        },
      ),
    );
  });

  it('lambda 0 is the error of one step, lambda 1 with gamma 1 the return less the value', () => {
    const trajectories = draw(7, 6, 1, 1000);
    const { rewards, values, nextValues } = trajectories;
    const oneStep = estimate(trajectories, 0.9, 0);
    expect(oneStep[2]).toBeCloseTo(rewards[2]! + 0.9 * values[3]! - values[2]!, 6);
    const whole = rewards.reduce((sum, reward) => sum + reward, 0) + nextValues[0]!;
    expect(estimate(trajectories, 1, 1)[0]).toBeCloseTo(whole - values[0]!, 5);
  });

  it('nothing crosses the end of an episode', () => {
    const trajectories = draw(3, 8, 1, 1000);
    trajectories.ended[4] = 1;
    const before = estimate(trajectories, 0.99, 0.95).slice(0, 5);
    trajectories.rewards.fill(1e6, 5);
    trajectories.values.fill(-1e6, 5);
    trajectories.nextValues.fill(1e6);
    expect(estimate(trajectories, 0.99, 0.95).slice(0, 5)).toEqual(before);
  });
});

describe('normalizeAdvantages', () => {
  it('gives mean 0 and standard deviation 1 with divisor n - 1', () => {
    const advantages = Float32Array.of(1, 2, 3, 6);
    normalizeAdvantages(advantages);
    // Mean 3, deviation sqrt(14 / 3).
    for (const [at, x] of [-2, -1, 0, 3].entries()) expect(advantages[at]).toBeCloseTo(x / Math.sqrt(14 / 3), 6);
  });

  it('leaves one advantage alone and makes equal ones 0', () => {
    const one = Float32Array.of(4);
    normalizeAdvantages(one);
    expect([...one]).toEqual([4]);
    const equal = Float32Array.of(0.3, 0.3, 0.3);
    normalizeAdvantages(equal);
    expect([...equal]).toEqual([0, 0, 0]);
  });

  it('does not see the scale of the rewards', () => {
    const small = draw(1, 64, 1, 9).rewards;
    const large = small.map((x) => x * 1024);
    normalizeAdvantages(small);
    normalizeAdvantages(large);
    for (const [at, x] of small.entries()) expect(large[at]).toBeCloseTo(x, 5);
  });
});
