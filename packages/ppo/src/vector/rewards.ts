import type { Json } from '@counterpoise/training';
import { positive, share } from '../options.js';
import { RunningMoments } from './running-moments.js';
import type { Transform } from './transform.js';

/** Rewards times a constant: the experiment that no hyper-parameter should have to be tuned for again. */
export function scaleReward(factor: number): Transform {
  positive('factor', factor);
  return { name: 'scale-reward', rewards: (rewards) => inPlace(rewards, (reward) => reward * factor) };
}

/** Rewards clipped to [-limit, limit]. @param limit default 10, as CleanRL's continuous PPO. */
export function clipReward(limit = 10): Transform {
  positive('limit', limit);
  return { name: 'clip-reward', rewards: (rewards) => inPlace(rewards, (x) => Math.min(Math.max(x, -limit), limit)) };
}

/**
 * Rewards over the running standard deviation of the discounted return, r / sqrt(var + 1e-8); their mean stays. As
 * Stable-Baselines3's VecNormalize: one set of statistics, the return starts again at 0 after the end of an episode.
 */
export class NormalizeReward implements Transform {
  readonly name = 'normalize-reward';
  readonly #gamma: number;
  #moments = new RunningMoments(1);
  #returns = new Float64Array(0);

  /** @param gamma the discount of the training, in [0, 1]. */
  constructor(gamma: number) {
    this.#gamma = share('gamma', gamma);
  }

  rewards(rewards: Float64Array, ended: Uint8Array): void {
    if (this.#returns.length === 0) this.#returns = new Float64Array(rewards.length);
    const returns = this.#returns;
    if (returns.length !== rewards.length) {
      throw new RangeError(`there are ${rewards.length} environments, the statistics are of ${returns.length}`);
    }
    for (let at = 0; at < returns.length; at++) returns[at] = returns[at]! * this.#gamma + rewards[at]!;
    this.#moments.update(returns);
    const deviation = Math.sqrt(this.#moments.variance[0]! + 1e-8);
    inPlace(rewards, (reward) => reward / deviation);
    for (let at = 0; at < returns.length; at++) if (ended[at]) returns[at] = 0;
  }

  save(): Json {
    return { moments: this.#moments.save(), returns: [...this.#returns] };
  }

  load(state: Json): void {
    const { moments, returns } = (state ?? {}) as { readonly [key: string]: Json };
    if (moments === undefined || !Array.isArray(returns) || !returns.every(Number.isFinite)) {
      throw new TypeError(`"state" must be what NormalizeReward.save() returned, got ${JSON.stringify(state)}`);
    }
    this.#moments = RunningMoments.from(moments);
    this.#returns = Float64Array.from(returns);
  }
}

function inPlace(values: Float64Array, change: (value: number) => number): void {
  for (let at = 0; at < values.length; at++) values[at] = change(values[at]!);
}
