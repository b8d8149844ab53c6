import { Random } from '@counterpoise/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Categorical } from './categorical.js';
import { DiagonalGaussian } from './diagonal-gaussian.js';

describe('Categorical', () => {
  // softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8.
  const logits = Float32Array.of(0, Math.log(2), Math.log(5), 3, 3, 3);

  it('has the log-probabilities and entropies of the softmax', () => {
    const categorical = new Categorical(logits, 3);
    expect(categorical.rows).toBe(2);
    const [first, second] = categorical.logProb(Int32Array.of(2, 0));
    expect(first).toBeCloseTo(Math.log(5 / 8), 6);
    expect(second).toBeCloseTo(-Math.log(3), 6);
    const [uneven, even] = categorical.entropy();
    expect(uneven).toBeCloseTo((Math.log(8) * 1 + 2 * Math.log(4) + 5 * Math.log(8 / 5)) / 8, 6);
    expect(even).toBeCloseTo(Math.log(3), 6);
    expect([...categorical.mode()]).toEqual([2, 0]);
  });

  it('draws every choice as often as its probability says', () => {
    const random = new Random('draws');
    const rows = 40_000;
    const many = Float32Array.from({ length: 3 * rows }, (_, at) => logits[at % 3]!);
    const counts = [0, 0, 0];
    for (const choice of new Categorical(many, 3).sample(random)) counts[choice]!++;
    // Four standard deviations of a share of 40 000 draws are 0.01 at most.
    [1, 2, 5].forEach((weight, k) => {
      expect(Math.abs(counts[k]! / rows - weight / 8)).toBeLessThan(0.01);
    });
  });

  it('is a distribution whatever the logits: probabilities sum to 1, entropy in [0, log n], samples are possible', () => {
    const logit = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 6 }), fc.nat(), (values, seed) => {
        const n = values.length;
        const categorical = new Categorical(Float32Array.from(values), n);
        const all = values.map((_, k) => Math.exp(categorical.logProb(Int32Array.of(k))[0]!));
        expect(all.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 5);
        const entropy = categorical.entropy()[0]!;
        expect(entropy).toBeGreaterThanOrEqual(0);
        expect(entropy).toBeLessThanOrEqual(Math.log(n) + 1e-6);
        expect(all[categorical.sample(new Random(seed))[0]!]).toBeGreaterThan(0);
      }),
    );
  });

  it('stays finite for logits that are far apart', () => {
    const categorical = new Categorical(Float32Array.of(1e30, 0), 2);
    expect(categorical.entropy()[0]).toBe(0);
    expect(categorical.sample(new Random(1))[0]).toBe(0);
  });

  it('refuses logits that are not finite and actions that are no choice', () => {
    expect(() => new Categorical(Float32Array.of(0, 1, Number.NaN, 0), 2)).toThrow(
      '"logits" of the policy must be finite, got NaN at [1, 0]',
    );
    expect(() => new Categorical(Float32Array.of(0, 1, 2), 2)).toThrow('"logits" must be rows of 2 numbers, got 3');
    const categorical = new Categorical(logits, 3);
    expect(() => categorical.logProb(Int32Array.of(0, 3))).toThrow('"actions" must be in [0, 3), got 3');
    expect(() => categorical.logProb(Int32Array.of(0))).toThrow('"actions" must be 2 numbers, got 1');
  });
});

describe('DiagonalGaussian', () => {
  const mean = Float32Array.of(0, 1, -2, 3);
  const logStd = Float32Array.of(0, Math.log(2));

  it('has the log-density and the entropy of independent normals', () => {
    const gaussian = new DiagonalGaussian(mean, logStd);
    // log N(1; 0, 1) + log N(5; 1, 2): distances of 1 and of 2 deviations; then both at the mean.
    const at = gaussian.logProb(Float32Array.of(1, 5, -2, 3));
    expect(at[0]).toBeCloseTo(-0.5 - 2 - Math.log(2) - Math.log(2 * Math.PI), 5);
    expect(at[1]).toBeCloseTo(-Math.log(2) - Math.log(2 * Math.PI), 5);
    const entropy = 1 + Math.log(2 * Math.PI) + Math.log(2);
    for (const value of gaussian.entropy()) expect(value).toBeCloseTo(entropy, 5);
    expect(gaussian.mode()).toEqual(mean);
  });

  it('draws with its mean and deviation; the mean of -log p is the entropy', () => {
    const rows = 20_000;
    const gaussian = new DiagonalGaussian(
      Float32Array.from({ length: 2 * rows }, (_, at) => mean[at % 2]!),
      logStd,
    );
    const actions = gaussian.sample(new Random('normal'));
    const column = (k: number) => Array.from({ length: rows }, (_, row) => actions[2 * row + k]!);
    [0, 1].forEach((k) => {
      const values = column(k);
      const average = values.reduce((sum, x) => sum + x, 0) / rows;
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - average) ** 2, 0) / rows);
      expect(Math.abs(average - mean[k]!)).toBeLessThan(0.05);
      expect(deviation / (k + 1)).toBeCloseTo(1, 1);
    });
    const surprise = -gaussian.logProb(actions).reduce((sum, x) => sum + x, 0) / rows;
    expect(Math.abs(surprise - gaussian.entropy()[0]!)).toBeLessThan(0.03);
  });

  it('the same seed draws the same bits', () => {
    const draw = (seed: number) => new DiagonalGaussian(mean, logStd).sample(new Random(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
  });

  it('refuses numbers that are not finite and lengths that do not fit', () => {
    expect(() => new DiagonalGaussian(Float32Array.of(0, Number.POSITIVE_INFINITY), logStd)).toThrow(
      '"mean" of the policy must be finite, got Infinity at [0, 1]',
    );
    expect(() => new DiagonalGaussian(mean, Float32Array.of(0, Number.NaN))).toThrow(
      '"logStd" of the policy must be finite',
    );
    expect(() => new DiagonalGaussian(mean, new Float32Array(3))).toThrow('"mean" must be rows of 3 numbers');
    expect(() => new DiagonalGaussian(mean, new Float32Array(0))).toThrow(
      '"mean" must be rows of 0 numbers, at least 1',
    );
    expect(() => new DiagonalGaussian(mean, logStd).logProb(new Float32Array(2))).toThrow(
      '"actions" must be 4 numbers',
    );
  });
});
