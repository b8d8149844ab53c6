/**
 * Learning-rate schedules as pure functions of the time t: multiply the base learning rate of every parameter group by
 * `schedule(t)`. t counts whatever the options count, epochs or steps; it may be fractional. There is no state to save:
 * a resumed run asks for the same t and gets the same factor. Formulas: the closed forms of torch.optim.lr_scheduler.
 */

/** The factor on the base learning rate at time t >= 0. */
export type Schedule = (t: number) => number;

export interface WarmUpOptions {
  /** How long the warm-up takes, in the unit of t; greater than 0. */
  readonly length: number;
  /** The factor at t = 0, in [0, 1]. Default 1/3, as torch.optim.lr_scheduler.LinearLR. */
  readonly startFactor?: number;
}

export type ScheduleOptions = (
  | { readonly kind: 'constant' }
  | {
      readonly kind: 'step';
      /** Time between two drops, greater than 0. */
      readonly stepSize: number;
      /** The factor of one drop, greater than 0. Default 0.1. */
      readonly gamma?: number;
    }
  | {
      readonly kind: 'cosine';
      /** Time of the minimum, greater than 0. */
      readonly tMax: number;
      /** The factor at tMax, in [0, 1]: PyTorch's eta_min over the base learning rate. Default 0. */
      readonly minFactor?: number;
    }
) & { readonly warmUp?: WarmUpOptions };

/**
 * Builds the schedule that the options describe.
 * @throws RangeError that names the option, its value and what would be right.
 */
export function createSchedule(options: ScheduleOptions): Schedule {
  const schedule = createMain(options);
  return options.warmUp ? linearWarmUp(schedule, options.warmUp) : schedule;
}

function createMain(options: ScheduleOptions): Schedule {
  switch (options.kind) {
    case 'constant':
      return () => 1;
    case 'step':
      return stepSchedule(options.stepSize, options.gamma);
    case 'cosine':
      return cosineSchedule(options.tMax, options.minFactor);
    default: {
      const { kind } = options as { kind: unknown };
      throw new RangeError(`"kind" must be "constant", "step" or "cosine", got ${JSON.stringify(kind)}`);
    }
  }
}

/** StepLR: gamma^floor(t / stepSize). */
export function stepSchedule(stepSize: number, gamma = 0.1): Schedule {
  requirePositive('stepSize', stepSize);
  requirePositive('gamma', gamma);
  return (t) => gamma ** Math.floor(checkTime(t) / stepSize);
}

/**
 * CosineAnnealingLR: min + (1 - min) (1 + cos(pi t / tMax)) / 2. As in PyTorch the factor rises again after tMax, so
 * tMax is usually the whole length of the training.
 */
export function cosineSchedule(tMax: number, minFactor = 0): Schedule {
  requirePositive('tMax', tMax);
  requireUnit('minFactor', minFactor);
  return (t) => minFactor + ((1 - minFactor) * (1 + Math.cos((Math.PI * checkTime(t)) / tMax))) / 2;
}

/**
 * LinearLR before another schedule, joined as by SequentialLR: start + (1 - start) t / length while t < length, then
 * the other schedule, whose own time begins at 0 when the warm-up ends.
 */
export function linearWarmUp(schedule: Schedule, { length, startFactor = 1 / 3 }: WarmUpOptions): Schedule {
  requirePositive('warmUp.length', length);
  requireUnit('warmUp.startFactor', startFactor);
  return (t) => {
    if (checkTime(t) >= length) return schedule(t - length);
    return startFactor + ((1 - startFactor) * t) / length;
  };
}

function checkTime(t: number): number {
  if (Number.isFinite(t) && t >= 0) return t;
  throw new RangeError(`"t" must be a finite number >= 0, got ${t}`);
}

function requirePositive(name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`"${name}" must be a finite number > 0, got ${value}`);
  }
}

function requireUnit(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`"${name}" must be in [0, 1], got ${value}`);
}
