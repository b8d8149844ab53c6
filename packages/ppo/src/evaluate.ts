/** How good a policy is without learning: whole episodes, the likeliest action at every step. */
import { Random } from '@counterpoise/nn';
import type { CheckedEnvironment } from './checked-environment.js';
import { type Episode, type Policy, playEpisode } from './episode.js';
import { count } from './options.js';
import type { Actor } from './policy/actor.js';
import type { ActionSpace } from './spaces.js';
import type { Transform } from './vector/transform.js';

/** Returns are those of the environment itself: no reward is scaled or normalised. */
export interface PolicyEvaluation {
  readonly episodes: number;
  readonly meanReturn: number;
  /** Over the episodes, with the divisor n, as Stable-Baselines3's `evaluate_policy`. */
  readonly stdReturn: number;
  readonly meanLength: number;
  /** In the order in which they were played. */
  readonly returns: readonly number[];
  /** The first one, to be drawn. */
  readonly first: Episode;
}

export interface EvaluateOptions {
  /** An integer >= 1. Default 10. */
  readonly episodes?: number;
  /** Of the starts of the episodes. The same seed gives the same episodes. */
  readonly seed: number | string;
}

/** @throws RangeError for a wrong option, EnvironmentError for what the environment does wrong. */
export async function evaluatePolicy(
  environment: CheckedEnvironment,
  policy: Policy,
  { episodes = 10, seed }: EvaluateOptions,
): Promise<PolicyEvaluation> {
  count('episodes', episodes);
  const returns: number[] = [];
  let steps = 0;
  let first: Episode | undefined;
  while (returns.length < episodes) {
    const episode = await playEpisode(environment, new Random(seed, 'evaluation', returns.length), policy);
    first ??= episode;
    steps += episode.episodeLength;
    returns.push(episode.episodeReturn);
  }
  const meanReturn = returns.reduce((sum, value) => sum + value, 0) / episodes;
  const variance = returns.reduce((sum, value) => sum + (value - meanReturn) ** 2, 0) / episodes;
  return { episodes, meanReturn, stdReturn: Math.sqrt(variance), meanLength: steps / episodes, returns, first: first! };
}

/**
 * The likeliest action, clipped to its space.
 * @param actor compiled for one observation. @param transform of observations, such as `NormalizeObservation.frozen()`.
 */
export function greedyPolicy(actor: Actor, space: ActionSpace, transform?: Transform): Policy {
  return async (observation) => {
    const shown = Float32Array.from(observation);
    transform?.observations?.(shown, shown.length, false);
    const best = await actor.best(shown);
    if (space.kind === 'discrete') return best[0]!;
    return Float32Array.from(best, (value, at) => Math.min(Math.max(value, space.low[at]!), space.high[at]!));
  };
}
