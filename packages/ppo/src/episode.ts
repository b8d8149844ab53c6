import type { Random } from '@counterpoise/nn';
import type { CheckedEnvironment } from './checked-environment.js';
import type { Action, Observation } from './environment.js';

/** What happened from a reset to the end. */
export interface Episode {
  /** One more than there are actions: the last one follows the last action. */
  readonly observations: readonly Observation[];
  readonly actions: readonly Action[];
  readonly episodeReturn: number;
  readonly episodeLength: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** What to do about an observation. */
export type Policy = (observation: Observation) => Action | Promise<Action>;

/**
 * Plays one episode.
 * @param maxSteps the episode is left, as truncated, after this many steps. Default: the time limit of the environment, or 1000.
 */
export async function playEpisode(
  environment: CheckedEnvironment,
  random: Random,
  policy: Policy,
  maxSteps = Number.isFinite(environment.maxEpisodeSteps) ? environment.maxEpisodeSteps : 1000,
): Promise<Episode> {
  // Copies: an environment or a policy may use the same array in every step.
  const observations: Observation[] = [Float32Array.from(environment.reset(random))];
  const actions: Action[] = [];
  let terminated = false;
  let truncated = false;
  while (!terminated && !truncated) {
    const action = await policy(observations.at(-1)!);
    const step = environment.step(action);
    actions.push(typeof action === 'number' ? action : action.slice());
    observations.push(Float32Array.from(step.observation));
    terminated = step.terminated;
    truncated = step.truncated || actions.length >= maxSteps;
  }
  const { episodeReturn, episodeLength } = environment;
  return { observations, actions, episodeReturn, episodeLength, terminated, truncated };
}
