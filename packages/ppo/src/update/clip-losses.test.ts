import { Balancer, type Json, type Method, type Need, runningMax, updateEvery } from 'counterpoise';
import { describe, expect, it } from 'vitest';
import { exemptEntropy, fixedCoefficients } from './balancing.js';
import { clipLosses } from './clip-losses.js';

const fixed = fixedCoefficients() as Method<Json, Need>;
const losses = { policy: -0.1, value: 40, entropy: -0.5 };
const weigh = (method: Method<Json, Need>, gradientNorms: Record<string, number>) =>
  new Balancer(method).weigh({ losses, gradientNorms } as never);

describe('clipLosses', () => {
  it('cuts each weighted gradient to the limit, and leaves the others alone', () => {
    const { weights, terms, total } = weigh(clipLosses(fixed, 0.5), { policy: 0.2, value: 25, entropy: 3 });
    // 0.5 x 25 = 12.5 is 25 times the limit.
    expect(weights).toEqual({ policy: 1, value: 0.5 / 25, entropy: 0.01 });
    expect(weights.value! * 25).toBeCloseTo(0.5, 12);
    expect(terms.value).toBeCloseTo(0.8, 12);
    expect(total).toBeCloseTo(-0.1 + 0.8 - 0.005, 12);
  });

  it('measures the gradient as the method weighs it', () => {
    const method = clipLosses(exemptEntropy(runningMax(), 0.1) as Method<Json, Need>, 2);
    const { weights } = weigh(method, { policy: 4, value: 40, entropy: 1 });
    expect(weights).toEqual({ policy: 0.5, value: 1 / 40, entropy: 0.1 });
  });

  it('asks for the norms in every step, also where the method inside rests', () => {
    const method = clipLosses(updateEvery(runningMax(), { steps: 5 }) as Method<Json, Need>, 1);
    expect(method.needs).toContain('gradientNorms');
    const balancer = new Balancer(method);
    for (const _ of [1, 2]) {
      balancer.weigh({ losses: { value: 3 }, gradientNorms: { value: 1 } } as never);
      expect(balancer.needs).toContain('gradientNorms');
    }
  });

  it('refuses a limit that is none', () => {
    expect(() => clipLosses(fixed, 0)).toThrow('"maxNorm" must be a finite number > 0, got 0');
  });
});
