import type { Random } from '@counterpoise/nn';
import { count, share } from '../options.js';
import type { ActionSpace } from '../spaces.js';
import type { VectorEnvironment, VectorStep } from '../vector/vector-environment.js';
import { type AdvantageOptions, generalizedAdvantages, normalizeAdvantages } from './gae.js';

type Actions = Int32Array | Float32Array;

/** What the policy and the critic said about the observations of all environments. */
export interface Decision {
  /** [environments, components], what the policy was shown. */
  readonly observations: Float32Array;
  /** [environments] choices, or [environments, components], unclipped. */
  readonly actions: Actions;
  /** [environments], of these actions. */
  readonly logProbabilities: Float32Array;
  /** [environments], the critic's. */
  readonly values: Float32Array;
}

/** Some rows of a rollout; the arrays are used again by the next one of the same size. */
export interface Minibatch extends Decision {
  readonly advantages: Float32Array;
  /** Advantages plus values: what the critic is to learn. */
  readonly returns: Float32Array;
}

/** Steps of vectorised environments, [steps, environments] in float32, from which one update of PPO learns. */
export class RolloutBuffer {
  readonly steps: number;
  readonly environments: number;
  readonly rewards: Float32Array;
  /** 1 where an episode ended with this step. */
  readonly ended: Uint8Array;
  readonly #rows: Minibatch;
  readonly #makeRows: (rows: number) => Minibatch;
  #part: Minibatch | undefined;
  #filled = 0;

  /** @param steps of every environment. An integer >= 1. */
  constructor(
    environment: Pick<VectorEnvironment, 'environments' | 'observationSpace' | 'actionSpace'>,
    steps: number,
  ) {
    this.steps = count('steps', steps);
    this.environments = environment.environments;
    this.#makeRows = (rows) => makeRows(rows, environment.observationSpace.size, environment.actionSpace);
    this.#rows = this.#makeRows(this.size);
    this.rewards = new Float32Array(this.size);
    this.ended = new Uint8Array(this.size);
  }

  /** Rows: steps times environments; row t * environments + n is step t of environment n. */
  get size(): number {
    return this.steps * this.environments;
  }

  /** Whether no further step fits. */
  get full(): boolean {
    return this.#filled === this.steps;
  }

  /** All rows; advantages and returns after `computeAdvantages`. */
  get rows(): Minibatch {
    return this.#rows;
  }

  /**
   * Takes over one step of all environments: the decision and what came of it.
   * @throws RangeError if the rollout is full, an array has another length, or a reward is not finite in float32.
   */
  add(
    decision: Decision,
    { rewards, terminated, truncated }: Pick<VectorStep, 'rewards' | 'terminated' | 'truncated'>,
  ): void {
    if (this.full) throw new RangeError(`the rollout is full: it has all of its ${this.steps} steps; clear() it`);
    const start = this.#filled * this.environments;
    for (const field of ['observations', 'actions', 'logProbabilities', 'values'] as const) {
      const target = this.#rows[field];
      const wanted = target.length / this.steps;
      const { length } = decision[field];
      if (length !== wanted) throw new RangeError(`"${field}" must be ${wanted} numbers, got ${length}`);
      target.set(decision[field], this.#filled * wanted);
    }
    this.rewards.set(rewards, start);
    for (let at = 0; at < this.environments; at++) {
      this.ended[start + at] = terminated[at]! | truncated[at]!;
      if (Number.isFinite(this.rewards[start + at])) continue;
      throw new RangeError(`"rewards" must be finite in float32, got ${rewards[at]} from environment ${at}`);
    }
    this.#filled++;
  }

  /**
   * Time-limit bootstrapping, for an episode that the step added last has truncated but not terminated: what it would have
   * gone on to earn is added to its last reward, r + gamma V(final observation). Stable-Baselines3 does this, CleanRL does not.
   *
   * @param value the critic's, of the final observation.
   */
  bootstrapTruncation(environment: number, value: number, gamma: number): void {
    const at = (this.#filled - 1) * this.environments + environment;
    if (!this.ended[at]) throw new RangeError(`no episode of "environment" ${environment} ended with the last step`);
    this.rewards[at]! += Math.fround(Math.fround(gamma) * value);
  }

  /**
   * Advantages and returns of all rows.
   * @param nextValues [environments]: the critic's value of the observations after the last step.
   */
  computeAdvantages(nextValues: Float32Array, options: AdvantageOptions): void {
    if (!this.full) throw new RangeError(`the rollout must have ${this.steps} steps, got ${this.#filled}`);
    if (nextValues.length !== this.environments) {
      throw new RangeError(`"nextValues" must be ${this.environments} numbers, got ${nextValues.length}`);
    }
    share('gamma', options.gamma);
    share('lambda', options.lambda);
    const { values, advantages, returns } = this.#rows;
    generalizedAdvantages({ rewards: this.rewards, values, ended: this.ended, nextValues }, options, advantages);
    for (let at = 0; at < this.size; at++) returns[at] = advantages[at]! + values[at]!;
  }

  /**
   * One epoch: all rows in random order, in parts of one size; the arrays of a part are used again by the next.
   * @param rows per part; the number of all rows must be a multiple of it, since a compiled step has one shape.
   * @param normalize whether the advantages of a part get mean 0 and standard deviation 1.
   */
  *minibatches(rows: number, random: Random, { normalize }: { normalize: boolean }): Generator<Minibatch> {
    if (this.size % count('rows', rows) !== 0) {
      throw new RangeError(`"rows" of a minibatch must divide the ${this.size} rows of the rollout, got ${rows}`);
    }
    const part = this.#part?.values.length === rows ? this.#part : this.#makeRows(rows);
    this.#part = part;
    const order = random.permutation(this.size);
    for (let start = 0; start < this.size; start += rows) {
      const picked = order.subarray(start, start + rows);
      for (const field of FIELDS) gather(this.#rows[field], picked, part[field]);
      if (normalize) normalizeAdvantages(part.advantages);
      yield part;
    }
  }

  /** Makes room for the next rollout. */
  clear(): void {
    this.#filled = 0;
  }
}

const FIELDS = ['observations', 'actions', 'logProbabilities', 'values', 'advantages', 'returns'] as const;

function makeRows(rows: number, observationSize: number, actionSpace: ActionSpace): Minibatch {
  const perRow = () => new Float32Array(rows);
  return {
    observations: new Float32Array(rows * observationSize),
    actions: actionSpace.kind === 'discrete' ? new Int32Array(rows) : new Float32Array(rows * actionSpace.size),
    logProbabilities: perRow(),
    values: perRow(),
    advantages: perRow(),
    returns: perRow(),
  };
}

function gather(from: Actions, rows: Int32Array, into: Actions): void {
  const width = into.length / rows.length;
  let at = 0;
  for (const row of rows) for (let column = 0; column < width; column++) into[at++] = from[row * width + column]!;
}
