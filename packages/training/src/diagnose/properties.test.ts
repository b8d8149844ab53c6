import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.js';
import { BALANCED_PAIR, CONFLICTING, FORUM, type Job, measure, PPO } from './jobs.test.helper.js';
import type { Measurement } from './measurement.js';

const JOBS: readonly Job[] = [FORUM, BALANCED_PAIR, CONFLICTING, PPO];

/** The loss and its gradient in another unit. */
function scaled(steps: readonly Measurement[], name: string, c: number): Measurement[] {
  return steps.map(({ losses, gramian }) => {
    const factors = Object.keys(losses).map((other) => (other === name ? c : 1));
    return {
      losses: { ...losses, [name]: losses[name]! * c },
      gramian: gramian!.map((row, i) => row.map((value, j) => value * factors[i]! * factors[j]!)),
    };
  });
}

function reversed(steps: readonly Measurement[]): Measurement[] {
  return steps.map(({ losses, gramian }) => ({
    losses: Object.fromEntries(Object.entries(losses).reverse()),
    gramian: gramian!.map((row) => row.toReversed()).toReversed(),
  }));
}

describe.each(JOBS)('$names', (job) => {
  const steps = measure(job);
  const before = diagnose(steps);

  it.each([1e-6, 4, 1e6])('scaling one loss by %s scales its row and nothing else', (c) => {
    const name = job.names[1]!;
    const after = diagnose(scaled(steps, name, c));
    for (const [k, row] of before.losses.entries()) {
      const now = after.losses[k]!;
      const by = row.name === name ? c : 1;
      expect(now.value).toBeCloseTo(row.value! * by, 6 - Math.log10(Math.abs(row.value! * by)));
      expect(now.scale! / row.scale! / by).toBeCloseTo(1, 9);
      expect(now.gradientNorm! / row.gradientNorm! / by).toBeCloseTo(1, 9);
      expect(now.noise! / row.noise!).toBeCloseTo(1, 9);
      expect(now.isSigned).toBe(row.isSigned);
    }
    for (const [at, pair] of before.pairs.entries()) {
      expect(after.pairs[at]!.cosine).toBeCloseTo(pair.cosine!, 9);
      expect(after.pairs[at]!.conflictRate).toBe(pair.conflictRate);
    }
  });

  it('the order of the losses does not matter', () => {
    const after = diagnose(reversed(steps));
    expect(after.finding.kind).toBe(before.finding.kind);
    expect(after.gradientGap!.larger).toBe(before.gradientGap!.larger);
    expect(after.gradientGap!.ratio).toBeCloseTo(before.gradientGap!.ratio, 9);
    const advised = before.recommendations.map((one) => (one.kind === 'method' ? one.method : one.kind));
    expect(after.recommendations.map((one) => (one.kind === 'method' ? one.method : one.kind))).toEqual(advised);
    for (const [at, { title, ofTotal, ofSquares, ofDecrease }] of before.scenarios.entries()) {
      expect(after.scenarios[at]!.title).toBe(title);
      for (const name of job.names) {
        expect(after.scenarios[at]!.ofTotal[name]).toBeCloseTo(ofTotal[name]!, 9);
        expect(after.scenarios[at]!.ofSquares[name]).toBeCloseTo(ofSquares[name]!, 9);
        expect(after.scenarios[at]!.ofDecrease[name]).toBeCloseTo(ofDecrease[name]!, 9);
      }
    }
  });

  it('shares add up to 1', () => {
    for (const { ofTotal, ofSquares, ofDecrease } of before.scenarios) {
      for (const shares of [ofTotal, ofSquares, ofDecrease]) {
        expect(Object.values(shares).reduce<number>((sum, share) => sum + share!, 0)).toBeCloseTo(1, 9);
      }
    }
  });

  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(before))).toEqual(before);
  });

  it.each([1e-300, 1e300])('losses and gradients times %s have the same shares, ratios and noise', (c) => {
    const byNorms = (factor: number) =>
      diagnose(
        steps.map(({ losses, gramian }): Measurement => {
          const lengths = gramian!.map((row, k) => Math.sqrt(row[k]!));
          return {
            losses: Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, loss! * factor])),
            gradientNorms: Object.fromEntries(job.names.map((name, k) => [name, lengths[k]! * factor])),
            cosines: gramian!.map((row, i) =>
              row.map((product, j) => Math.max(-1, Math.min(1, product / lengths[i]! / lengths[j]!))),
            ),
          };
        }),
      );
    const [usual, extreme] = [byNorms(1), byNorms(c)];
    expect(extreme.finding.kind).toBe(usual.finding.kind);
    expect(extreme.gradientGap!.ratio / usual.gradientGap!.ratio).toBeCloseTo(1, 9);
    for (const [k, row] of usual.losses.entries()) expect(extreme.losses[k]!.noise! / row.noise!).toBeCloseTo(1, 9);
    const [plainSum, extremeSum] = [usual.scenarios[0]!, extreme.scenarios[0]!];
    for (const name of job.names) {
      expect(extremeSum.ofTotal[name]).toBeCloseTo(plainSum.ofTotal[name]!, 9);
      expect(extremeSum.ofSquares[name]).toBeCloseTo(plainSum.ofSquares[name]!, 9);
      expect(extremeSum.ofDecrease[name]).toBeCloseTo(plainSum.ofDecrease[name]!, 9);
    }
  });
});
