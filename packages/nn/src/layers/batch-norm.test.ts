import { gradients, Input, sum } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../engine/src/testing/interpreter.js';
import { BatchNorm2d } from './batch-norm.js';

const SHAPE = [2, 2, 1, 2];
// Channel 0 holds 1, 2, 3, 6: mean 3, squared deviations 4 + 1 + 0 + 9. Channel 1 holds -1 four times.
const VALUES = [1, 2, -1, -1, 3, 6, -1, -1];

function layer(options = {}): BatchNorm2d {
  const made = new BatchNorm2d(2, options);
  made.weight.data.set([2, 1]);
  made.bias.data.set([0.5, -0.5]);
  return made;
}

describe('BatchNorm2d', () => {
  it('in training normalises by the biased variance of the batch', () => {
    const x = new Input('x', SHAPE);
    const [y] = interpret([layer().forward(x)], new Map([[x, VALUES]]));
    const expected = VALUES.map((v, i) => (i % 4 < 2 ? (2 * (v - 3)) / Math.sqrt(14 / 4 + 1e-5) + 0.5 : -0.5));
    expected.forEach((value, i) => {
      expect(y![i]).toBeCloseTo(value, 7);
    });
  });

  it('in training updates the running statistics, the variance unbiased', () => {
    const norm = layer({ momentum: 0.25 });
    norm.runningMean.data.set([4, 8]);
    norm.runningVar.data.set([10, 2]);
    const x = new Input('x', SHAPE);
    norm.forward(x);
    const updates = norm.takeUpdates();
    expect(updates.map(({ variable }) => variable)).toEqual([norm.runningMean, norm.runningVar]);
    const [mean, variance] = interpret(
      updates.map(({ value }) => value),
      new Map([[x, VALUES]]),
    );
    expect([...mean!]).toEqual([0.75 * 4 + 0.25 * 3, 0.75 * 8 - 0.25]);
    expect(variance![0]).toBeCloseTo(0.75 * 10 + (0.25 * 14) / 3, 6);
    expect(variance![1]).toBe(1.5);
  });

  it('applied twice in one graph updates twice, as PyTorch', () => {
    const norm = layer({ momentum: 0.5 });
    const [a, b] = [new Input('a', SHAPE), new Input('b', SHAPE)];
    norm.forward(a);
    norm.forward(b);
    const updates = norm.takeUpdates();
    expect(updates).toHaveLength(2);
    const shifted = VALUES.map((value) => value + 2);
    const [mean] = interpret(
      [updates[0]!.value],
      new Map([
        [a, VALUES],
        [b, shifted],
      ]),
    );
    // 0 -> (0 + 3) / 2 -> (1.5 + 5) / 2, and 0 -> -0.5 -> (-0.5 + 1) / 2
    expect([...mean!]).toEqual([3.25, 0.25]);
  });

  it('in evaluation uses the running statistics, updates nothing, and still has gradients', () => {
    const norm = layer({ eps: 1 });
    norm.runningMean.data.set([1, -1]);
    norm.runningVar.data.set([3, 0]);
    norm.eval();
    const x = new Input('x', SHAPE);
    const y = norm.forward(x);
    expect(norm.takeUpdates()).toEqual([]);
    const [dScale, dBias] = gradients(sum(y), [norm.weight, norm.bias]);
    const [output, scale, bias] = interpret([y, dScale!, dBias!], new Map([[x, VALUES]]));
    expect([...output!]).toEqual([0.5, 1.5, -0.5, -0.5, 2.5, 5.5, -0.5, -0.5]);
    // The sum over channel 0 of (x - 1) / 2
    expect([...scale!]).toEqual([4, 0]);
    expect([...bias!]).toEqual([4, 4]);
  });

  it('starts with statistics 0 and 1, and refuses what cannot be', () => {
    const norm = new BatchNorm2d(3);
    expect([...norm.runningMean.data, ...norm.runningVar.data]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(() => new BatchNorm2d(0)).toThrow('"numFeatures" must be a whole number of 1 or more, got 0');
    expect(() => new BatchNorm2d(1, { eps: 0 })).toThrow('"eps" must be positive, got 0');
    expect(() => new BatchNorm2d(1, { momentum: 1.5 })).toThrow('"momentum" must be in [0, 1], got 1.5');
    expect(() => norm.forward(new Input('x', [1, 3, 1, 1]))).toThrow('more than one value per channel');
  });
});
