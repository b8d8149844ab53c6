/** Time constant of the smoothing: what was this many seconds ago counts 1/e. */
const SMOOTHING_SECONDS = 15;

/**
 * How fast a training goes and how long it will still take. Exponential averages over time, not over steps:
 * sum of e^(-age / 15 s) count over sum of e^(-age / 15 s) seconds, whatever the length of a step. The time between the
 * last step of an epoch and `endEpoch` (validation, checkpoint) is kept apart: it slows no step, but takes time.
 */
export class RateMeter {
  readonly #stepsPerEpoch: number;
  #stepsLeft: number;
  #last: number | null = null;
  #seconds = 0;
  #steps = 0;
  #count = 0;
  #epochEndSeconds = 0;
  #epochBegin: number;

  constructor(options: {
    readonly epochs: number;
    readonly stepsPerEpoch: number;
    readonly stepsDone: number;
    /** Milliseconds. */
    readonly now: number;
  }) {
    this.#epochBegin = options.now;
    this.#stepsPerEpoch = options.stepsPerEpoch;
    this.#stepsLeft = options.epochs * options.stepsPerEpoch - options.stepsDone;
  }

  /**
   * One step has ended. The first of all only starts the clock: it holds the compilation of the plan.
   *
   * @param now milliseconds.
   * @param count images, frames, ... of the step.
   */
  endStep(now: number, count: number): void {
    this.#stepsLeft = Math.max(0, this.#stepsLeft - 1);
    if (this.#last !== null) {
      const seconds = (now - this.#last) / 1000;
      const keep = Math.exp(-seconds / SMOOTHING_SECONDS);
      this.#seconds = this.#seconds * keep + seconds;
      this.#steps = this.#steps * keep + 1;
      this.#count = this.#count * keep + count;
    }
    this.#last = now;
  }

  /** An epoch has ended, validation included. @returns its seconds. */
  endEpoch(now: number): number {
    const seconds = (now - this.#epochBegin) / 1000;
    if (this.#last !== null) this.#epochEndSeconds = (now - this.#last) / 1000;
    this.#last = now;
    this.#epochBegin = now;
    return seconds;
  }

  /** Images, frames, ... per second of training; NaN before the second step. */
  get perSecond(): number {
    return this.#seconds > 0 ? this.#count / this.#seconds : Number.NaN;
  }

  /** Seconds to the end of the training at the present rate; NaN before the second step. */
  get secondsLeft(): number {
    if (this.#steps === 0) return Number.NaN;
    const epochEnds = Math.ceil(this.#stepsLeft / this.#stepsPerEpoch);
    return (this.#stepsLeft * this.#seconds) / this.#steps + epochEnds * this.#epochEndSeconds;
  }
}
