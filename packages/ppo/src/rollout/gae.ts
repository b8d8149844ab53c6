export interface AdvantageOptions {
  /** Discount of what comes later, in [0, 1]. CleanRL's and Stable-Baselines3's default is 0.99. */
  readonly gamma: number;
  /** Between the error of one step (0) and the whole return (1), in [0, 1]. Their default is 0.95. */
  readonly lambda: number;
}

/** Arrays of [steps, environments]. */
export interface Trajectories {
  readonly rewards: Float32Array;
  /** The critic's, of the observation that the action answered. */
  readonly values: Float32Array;
  /** 1 where the episode ended with this step. */
  readonly ended: Uint8Array;
  /** [environments]: the critic's value of the observation after the last step. */
  readonly nextValues: Float32Array;
}

/**
 * Generalized advantage estimation (Schulman et al. 2016, equations 11 and 16), from the last step to the first:
 *
 *     delta_t = r_t + gamma V_(t+1) (1 - ended_t) - V_t,    A_t = delta_t + gamma lambda (1 - ended_t) A_(t+1)
 *
 * Every operation is rounded to float32 in the order of CleanRL's ppo.py and of Stable-Baselines3's RolloutBuffer, so the
 * advantages have their bits.
 *
 * @param advantages [steps, environments], filled.
 */
export function generalizedAdvantages(
  { rewards, values, ended, nextValues }: Trajectories,
  { gamma, lambda }: AdvantageOptions,
  advantages: Float32Array,
): void {
  const environments = nextValues.length;
  const discount = Math.fround(gamma);
  // The product of the two is one of Python floats, in float64.
  const decay = Math.fround(gamma * lambda);
  for (let environment = 0; environment < environments; environment++) {
    let nextValue = nextValues[environment]!;
    let advantage = 0;
    for (let at = rewards.length - environments + environment; at >= 0; at -= environments) {
      const goesOn = 1 - ended[at]!;
      const target = Math.fround(rewards[at]! + Math.fround(Math.fround(discount * nextValue) * goesOn));
      const delta = Math.fround(target - values[at]!);
      advantage = Math.fround(delta + Math.fround(decay * goesOn * advantage));
      advantages[at] = advantage;
      nextValue = values[at]!;
    }
  }
}

/**
 * Advantages less their mean over their standard deviation (divisor n - 1) + 1e-8, in place: CleanRL's and Stable-Baselines3's,
 * per minibatch. A single advantage is left alone, as by the latter; the former makes it NaN.
 */
export function normalizeAdvantages(advantages: Float32Array): void {
  const count = advantages.length;
  if (count < 2) return;
  let sum = 0;
  for (let at = 0; at < count; at++) sum += advantages[at]!;
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < count; at++) squares += (advantages[at]! - mean) ** 2;
  const deviation = Math.sqrt(squares / (count - 1)) + 1e-8;
  for (let at = 0; at < count; at++) advantages[at] = (advantages[at]! - mean) / deviation;
}
