import { compile, Input, mean } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { BatchNorm2d } from '../layers/batch-norm.js';
import { Linear } from '../layers/linear.js';
import { ExponentialMovingAverage } from './ema.js';

function norm(weight: number, runningMean: number): BatchNorm2d {
  const made = new BatchNorm2d(1);
  made.weight.data[0] = weight;
  made.bias.data[0] = 0;
  made.runningMean.data[0] = runningMean;
  return made;
}

describe('ExponentialMovingAverage', () => {
  it('moves by 1 - min(decay, (1 + t) / (10 + t)) of the way, running statistics too', async () => {
    const [average, model] = [norm(0, 0), norm(1, -8)];
    const ema = new ExponentialMovingAverage(average, model, 0.25);
    const program = await compile([{ name: 'average', updates: ema.updates() }], { threads: 1 });
    try {
      // d_1 = 2 / 11: 9 / 11 of the way from 0 to 1 and to -8
      await program.run('average', ema.feeds(1));
      expect(average.weight.data[0]).toBeCloseTo(9 / 11, 6);
      expect(average.runningMean.data[0]).toBeCloseTo((-8 * 9) / 11, 5);
      // d_2 = 3 / 12 = the decay, and so it stays: 0.75 of the way to the weight of that time.
      model.weight.data[0] = 2;
      await program.run('average', ema.feeds(2));
      expect(average.weight.data[0]).toBeCloseTo(0.25 * (9 / 11) + 0.75 * 2, 6);
      await program.run('average', ema.feeds(1000));
      expect(average.weight.data[0]).toBeCloseTo(0.25 * (0.25 * (9 / 11) + 1.5) + 0.75 * 2, 6);
    } finally {
      program.release();
    }
    expect(model.weight.data[0]).toBe(2);
    expect(model.runningMean.data[0]).toBe(-8);
  });

  it('is the average of PyTorch where the decay is no longer growing', () => {
    const ema = new ExponentialMovingAverage(norm(0, 0), norm(0, 0), 0.9);
    // (1 + t) / (10 + t) = 0.9 at t = 80
    expect(ema.feeds(79)['ema.share']).toBeGreaterThan(0.1);
    for (const step of [80, 81, 1e6]) expect(ema.feeds(step)['ema.share']).toBeCloseTo(0.1, 12);
  });

  it('can be evaluated while the model goes on', async () => {
    const [average, model] = [norm(1, 0), norm(1, 0)];
    const x = new Input('x', [1, 1, 1, 2]);
    const y = mean(average.eval().forward(x));
    const ema = new ExponentialMovingAverage(average, model, 0);
    const program = await compile([
      { name: 'evaluate', outputs: { y } },
      { name: 'average', updates: ema.updates() },
    ]);
    try {
      const evaluate = async () => (await program.run('evaluate', { x: Float32Array.of(1, 3) })).y![0];
      expect(await evaluate()).toBeCloseTo(2, 4);
      model.weight.data[0] = 3;
      expect(await evaluate()).toBeCloseTo(2, 4);
      await program.run('average', ema.feeds(1));
      // Decay 0: the weights themselves.
      expect(average.weight.data[0]).toBe(3);
    } finally {
      program.release();
    }
  });

  it('refuses another architecture and an impossible decay', () => {
    expect(() => new ExponentialMovingAverage(new Linear(1, 1), norm(0, 0), 0.9)).toThrow('it lacks "running_mean"');
    for (const decay of [1, -0.1, Number.NaN]) {
      expect(() => new ExponentialMovingAverage(norm(0, 0), norm(0, 0), decay)).toThrow(
        `"decay" must be in [0, 1), got ${decay}`,
      );
    }
  });
});
