import {
  alignedMtl,
  Balancer,
  compose,
  dbMtl,
  geometricMean,
  type Json,
  logSum,
  type Method,
  type Need,
  normEqualize,
  runningMax,
  upgrad,
} from 'counterpoise';
import { describe, expect, it } from 'vitest';
import { exemptEntropy, fixedCoefficients } from './balancing.js';

const losses = { policy: 0.5, value: 2000, entropy: -0.69 };

describe('fixedCoefficients', () => {
  it('are those of the literature', () => {
    expect(new Balancer(fixedCoefficients()).weigh({ losses }).weights).toEqual({
      policy: 1,
      value: 0.5,
      entropy: 0.01,
    });
    const { weights } = new Balancer(fixedCoefficients({ value: 0.19, entropy: 0 })).weigh({ losses });
    expect(weights).toEqual({ policy: 1, value: 0.19, entropy: 0 });
    expect(() => fixedCoefficients({ value: -1 })).toThrow('"value" must be a finite number >= 0, got -1');
  });
});

describe('exemptEntropy', () => {
  it('leaves policy and value to the method, and ties the entropy to the policy', () => {
    const balancer = new Balancer(exemptEntropy(runningMax(), 0.1));
    const { weights, terms, total } = balancer.weigh({ losses });
    expect(weights).toEqual({ policy: 1, value: 1 / 2000, entropy: 0.1 });
    expect(terms.entropy).toBeCloseTo(-0.069, 12);
    expect(total).toBeCloseTo(0.5 + 1 - 0.069, 12);
  });

  it.each([-3, -1e-9, 0, 1e-9, 3])('weighs the policy alike whatever its loss: %f', (policy) => {
    for (const method of [runningMax(), logSum(), geometricMean(), dbMtl()] as Method<Json, Need>[]) {
      const norms = { gradientNorms: { policy: 0.1, value: 5, entropy: 1 } };
      const weigh = (loss: number) =>
        new Balancer(exemptEntropy(method)).weigh({ losses: { ...losses, policy: loss }, ...norms } as never);
      expect(weigh(policy).weights).toEqual(weigh(1).weights);
      expect(weigh(policy).terms.policy).toBe(weigh(policy).weights.policy! * policy);
    }
  });

  // What the method says of the two losses alone, with their part of the Gramian.
  const gramian = [
    [4, -30, 7],
    [-30, 10_000, 5],
    [7, 5, 1],
  ];
  const part = gramian.slice(0, 2).map((row) => row.slice(0, 2));
  const methods: [string, Method<Json, Need>][] = [
    ['norm-equalize', normEqualize() as Method<Json, Need>],
    ['upgrad', upgrad() as Method<Json, Need>],
    ['aligned-mtl', alignedMtl() as Method<Json, Need>],
  ];
  it.each(methods)('takes the entropy out of the measurements: %s', (_, method) => {
    const alone = new Balancer(method).weigh({
      losses: { policy: 0.5, value: 2000 },
      gramian: part,
      epoch: 0,
    } as never);
    const all = new Balancer(exemptEntropy(method)).weigh({ losses, gramian, epoch: 0 } as never);
    expect(all.weights).toEqual({ ...alone.weights, entropy: 0.01 * alone.weights.policy! });
  });

  it('takes priorities of all three', () => {
    const balancer = new Balancer(exemptEntropy(runningMax(), 0.1), { priorities: { policy: 3, entropy: 2 } });
    const { weights } = balancer.weigh({ losses });
    expect(weights.policy).toBe(3);
    expect(weights.entropy).toBeCloseTo(0.6, 12);
  });

  it('resumes bit for bit, and only with the same coefficient', () => {
    const create = (coefficient: number) =>
      new Balancer(exemptEntropy(compose(runningMax(), { smooth: 0.9 }), coefficient));
    const one = create(0.01);
    one.weigh({ losses });
    const two = create(0.01);
    two.load(JSON.parse(JSON.stringify(one.state())));
    const next = { policy: 0.7, value: 10, entropy: -0.5 };
    expect(two.weigh({ losses: next })).toEqual(one.weigh({ losses: next }));
    expect(two.state()).toEqual(one.state());
    expect(() => create(0.02).load(one.state())).toThrow('entropyCoefficient');
  });

  it('does not count a step with a loss that is not finite', () => {
    const balancer = new Balancer(exemptEntropy(runningMax()));
    balancer.weigh({ losses });
    const before = JSON.stringify(balancer.state());
    balancer.weigh({ losses: { ...losses, value: Number.NaN } });
    expect(JSON.stringify(balancer.state())).toBe(before);
    balancer.weigh({ losses: { ...losses, policy: Number.NaN } });
    expect(JSON.stringify(balancer.state())).toBe(before);
  });

  it('refuses other losses and coefficients', () => {
    expect(() => new Balancer(exemptEntropy(runningMax())).weigh({ losses: { class: 1, box: 2 } })).toThrow(
      'the losses must be policy, value, entropy, got class, box',
    );
    expect(() => exemptEntropy(runningMax(), Number.NaN)).toThrow(
      '"coefficient" must be a finite number >= 0, got NaN',
    );
  });
});
