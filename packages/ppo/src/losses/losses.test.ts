/** The losses against their formulas on the host, and how they meet their edges. */
import { compile, constant, gradients, type Tensor, Variable } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { Categorical } from '../distributions/categorical.js';
import { DiagonalGaussian } from '../distributions/diagonal-gaussian.js';
import { categoricalLogProb, gaussianLogProb } from '../policy/log-prob.js';
import { diagnostics } from './diagnostics.js';
import { categoricalEntropyLoss, gaussianEntropyLoss } from './entropy-loss.js';
import { policyLoss } from './policy-loss.js';
import { clippedValueLoss, valueLoss } from './value-loss.js';

async function run(outputs: Record<string, Tensor>): Promise<Record<string, readonly number[]>> {
  const program = await compile([{ name: 'all', outputs }], { threads: 1 });
  const results = Object.entries(await program.run('all')).map(([name, data]) => [name, [...data]] as const);
  program.release();
  return Object.fromEntries(results);
}

const close = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length);
  Array.from(wanted).forEach((value, at) => {
    expect(found[at]).toBeCloseTo(value, 5);
  });
};

function variable(...values: number[]): Variable {
  return new Variable('x', [values.length], Float32Array.from(values));
}

describe('policyLoss', () => {
  // Ratio 1.5 and 0.5 with both signs of the advantage, clip 0.2: by hand.
  const logRatio = variable(Math.log(1.5), Math.log(1.5), Math.log(0.5), Math.log(0.5));

  it('clips gains, not losses', async () => {
    const loss = policyLoss(logRatio, constant([1, -1, 1, -1]), 0.2);
    const { value, gradient } = await run({ value: loss, gradient: gradients(loss, [logRatio])[0]! });
    close(value!, [(-1.2 + 1.5 - 0.5 + 0.8) / 4]);
    // d(-A r) / d log r = -A r / 4, and 0 where the clipped branch is taken.
    close(gradient!, [0, 1.5 / 4, -0.5 / 4, 0]);
  });

  it('has the whole gradient where nothing is clipped', async () => {
    const inside = variable(0, 0.1);
    const loss = policyLoss(inside, constant([2, -3]), 0.2);
    const { gradient } = await run({ gradient: gradients(loss, [inside])[0]! });
    close(gradient!, [-2 / 2, (3 * Math.exp(0.1)) / 2]);
  });
});

describe('value losses', () => {
  it('half the mean squared error', async () => {
    const { value } = await run({ value: valueLoss(variable(1, 5), constant([3, 4])) });
    close(value!, [(4 + 1) / 4]);
  });

  it('takes the worse of clipped and unclipped, by hand', async () => {
    const values = variable(1, 1, 1);
    const loss = clippedValueLoss(values, constant([0, 0.9, 3]), constant([2, 2, 1]), 0.2);
    const { value, gradient } = await run({ value: loss, gradient: gradients(loss, [values])[0]! });
    // Clipped to 0.2, 1 (unclipped) and 2.8: errors 1.8^2, 1 and 1.8^2, the first and third without gradient.
    close(value!, [(1.8 ** 2 + 1 + 1.8 ** 2) / 6]);
    close(gradient!, [0, -1 / 3, 0]);
  });
});

describe('distributions in the graph agree with those on the host', () => {
  const random = new Random(5);
  const draw = (count: number) => Float32Array.from({ length: count }, () => random.normal());

  it('categorical', async () => {
    const logits = draw(12);
    const actions = Int32Array.of(0, 2, 1, 2);
    const host = new Categorical(logits, 3);
    const inGraph = new Variable('logits', [4, 3], logits);
    const found = await run({
      logProb: categoricalLogProb(inGraph, constant(actions)),
      entropy: categoricalEntropyLoss(inGraph),
    });
    close(found.logProb!, host.logProb(actions));
    close(found.entropy!, [-host.entropy().reduce((sum, value) => sum + value / 4, 0)]);
  });

  it('categorical, with a choice that cannot happen', async () => {
    const loss = categoricalEntropyLoss(new Variable('logits', [1, 2], Float32Array.of(0, -200)));
    expect((await run({ loss })).loss).toEqual([0]);
  });

  it('diagonal Gaussian', async () => {
    const [mean, logStd, actions] = [draw(6), draw(2), draw(6)] as const;
    const host = new DiagonalGaussian(mean, logStd);
    const deviation = variable(...logStd);
    const found = await run({
      logProb: gaussianLogProb(new Variable('mean', [3, 2], mean), deviation, constant(actions, [3, 2])),
      entropy: gaussianEntropyLoss(deviation),
    });
    close(found.logProb!, host.logProb(actions));
    close(found.entropy!, [-host.entropy()[0]!]);
  });
});

it('diagnostics, by hand', async () => {
  const { oldApproxKl, approxKl, clipFraction } = diagnostics(variable(Math.log(2), 0, Math.log(0.9)), 0.2);
  const found = await run({ oldApproxKl, approxKl, clipFraction });
  const logs = Math.log(2) + Math.log(0.9);
  close(found.oldApproxKl!, [-logs / 3]);
  close(found.approxKl!, [(1 + 0 - 0.1 - logs) / 3]);
  close(found.clipFraction!, [1 / 3]);
});
