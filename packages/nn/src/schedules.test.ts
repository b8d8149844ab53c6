import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSchedule, type ScheduleOptions } from './schedules.js';

/** Learning rates at t = 0, 1, 2, ... for a base rate, rounded as far as PyTorch's recursive form agrees. */
function rates(options: ScheduleOptions, base: number, count: number): number[] {
  const schedule = createSchedule(options);
  return Array.from({ length: count }, (_, t) => Number((base * schedule(t)).toPrecision(12)));
}

describe('constant', () => {
  it('is 1 for ever', () => {
    expect(rates({ kind: 'constant' }, 0.3, 3)).toEqual([0.3, 0.3, 0.3]);
  });
});

describe('step', () => {
  it("gives the example of StepLR's documentation: lr 0.05, step_size 30, gamma 0.1", () => {
    const schedule = createSchedule({ kind: 'step', stepSize: 30 });
    const at = (t: number) => Number((0.05 * schedule(t)).toPrecision(12));
    expect([0, 29, 30, 59, 60, 89].map(at)).toEqual([0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005]);
  });

  it('drops at the boundary, not before it, for fractional time', () => {
    const schedule = createSchedule({ kind: 'step', stepSize: 2, gamma: 0.5 });
    expect([0, 1.999, 2, 3.5, 4].map(schedule)).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });
});

describe('cosine', () => {
  it('gives hand-computed points of CosineAnnealingLR, and rises again after tMax as PyTorch does', () => {
    // lr = 0.1 (1 + cos(pi t / 4)) / 2: cos is 1, sqrt(1/2), 0, -sqrt(1/2), -1, -sqrt(1/2).
    const expected = [0.1, 0.0853553390593, 0.05, 0.0146446609407, 0, 0.0146446609407];
    expect(rates({ kind: 'cosine', tMax: 4 }, 0.1, 6)).toEqual(expected);
  });

  it('ends at minFactor, halfway through half way between', () => {
    expect(rates({ kind: 'cosine', tMax: 2, minFactor: 0.2 }, 1, 3)).toEqual([1, 0.6, 0.2]);
  });

  it('agrees with the recursive form that PyTorch runs', () => {
    // eta_{t+1} = eta_min + (eta_t - eta_min) (1 + cos(pi (t+1) / T)) / (1 + cos(pi t / T)).
    const [tMax, min] = [50, 0.03];
    const schedule = createSchedule({ kind: 'cosine', tMax, minFactor: min });
    let factor = 1;
    for (let t = 0; t < tMax - 1; t++) {
      expect(schedule(t)).toBeCloseTo(factor, 12);
      factor =
        min + ((factor - min) * (1 + Math.cos((Math.PI * (t + 1)) / tMax))) / (1 + Math.cos((Math.PI * t) / tMax));
    }
  });
});

describe('linear warm-up', () => {
  it("gives the example of LinearLR's documentation: lr 0.05, start_factor 0.5, total_iters 4", () => {
    const options = { kind: 'constant', warmUp: { length: 4, startFactor: 0.5 } } as const;
    expect(rates(options, 0.05, 6)).toEqual([0.025, 0.03125, 0.0375, 0.04375, 0.05, 0.05]);
  });

  it('starts at one third by default', () => {
    expect(createSchedule({ kind: 'constant', warmUp: { length: 3 } })(0)).toBe(1 / 3);
  });

  it('then begins the other schedule at its own time 0', () => {
    const options = { kind: 'cosine', tMax: 2, warmUp: { length: 2, startFactor: 0 } } as const;
    expect(rates(options, 1, 5)).toEqual([0, 0.5, 1, 0.5, 0]);
  });
});

interface GoldenSchedule {
  readonly schedule: string;
  readonly options: Readonly<
    Partial<Record<'stepSize' | 'gamma' | 'tMax' | 'etaMin' | 'startFactor' | 'totalIters', number>>
  >;
  readonly factors: readonly number[];
}

describe("PyTorch's own factors (goldens/optimizers.json)", () => {
  const file = new URL('../goldens/optimizers.json', import.meta.url);
  const { schedules } = JSON.parse(readFileSync(file, 'utf8')) as { schedules: GoldenSchedule[] };

  it.each(schedules)('$schedule $options', ({ schedule, options, factors }) => {
    const { stepSize = 0, gamma = 0, tMax = 0, etaMin = 0, startFactor = 0, totalIters = 0 } = options;
    const warmUp = { length: totalIters, startFactor };
    const kinds: Record<string, ScheduleOptions> = {
      constant: { kind: 'constant' },
      StepLR: { kind: 'step', stepSize, gamma },
      CosineAnnealingLR: { kind: 'cosine', tMax, minFactor: etaMin },
      LinearLR: { kind: 'constant', warmUp },
      'LinearLR then CosineAnnealingLR': { kind: 'cosine', tMax, minFactor: etaMin, warmUp },
    };
    const ours = createSchedule(kinds[schedule]!);
    expect(factors.length).toBeGreaterThan(5);
    for (const [t, factor] of factors.entries()) expect(ours(t)).toBeCloseTo(factor, 11);
  });
});

describe('bad options', () => {
  it.each([
    [{ kind: 'linear' }, '"kind" must be "constant", "step" or "cosine", got "linear"'],
    [{ kind: 'step' }, '"stepSize" must be a finite number > 0, got undefined'],
    [{ kind: 'step', stepSize: 0 }, '"stepSize" must be a finite number > 0, got 0'],
    [{ kind: 'step', stepSize: 1, gamma: -1 }, '"gamma" must be a finite number > 0, got -1'],
    [{ kind: 'cosine', tMax: Number.NaN }, '"tMax" must be a finite number > 0, got NaN'],
    [{ kind: 'cosine', tMax: 1, minFactor: 2 }, '"minFactor" must be in [0, 1], got 2'],
    [{ kind: 'constant', warmUp: { length: -1 } }, '"warmUp.length" must be a finite number > 0, got -1'],
    [{ kind: 'constant', warmUp: { length: 1, startFactor: Number.NaN } }, '"warmUp.startFactor" must be in [0, 1]'],
  ])('%j', (options, message) => {
    expect(() => createSchedule(options as ScheduleOptions)).toThrow(message);
  });

  it('a negative time', () => {
    expect(() => createSchedule({ kind: 'cosine', tMax: 1 })(-1)).toThrow('"t" must be a finite number >= 0, got -1');
  });
});
