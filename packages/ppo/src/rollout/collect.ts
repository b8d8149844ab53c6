import type { Random } from '@counterpoise/nn';
import { breathe } from '../breathe.js';
import type { Actor } from '../policy/actor.js';
import type { EndedEpisode, VectorEnvironment } from '../vector/vector-environment.js';
import type { AdvantageOptions } from './gae.js';
import type { RolloutBuffer } from './rollout-buffer.js';

export interface CollectOptions extends AdvantageOptions {
  /** Time-limit bootstrapping, see `RolloutBuffer.bootstrapTruncation`. */
  readonly bootstrapsTruncation: boolean;
}

/**
 * Fills a rollout, from its beginning on, and computes its advantages.
 * @param observations what the environments show now. @param random draws the actions.
 */
export async function collectRollout(
  environment: VectorEnvironment,
  observations: Float32Array,
  actor: Pick<Actor, 'act' | 'values'>,
  rollout: RolloutBuffer,
  random: Random,
  options: CollectOptions,
): Promise<{ observations: Float32Array; episodes: EndedEpisode[] }> {
  const episodes: EndedEpisode[] = [];
  let shown = observations;
  rollout.clear();
  while (!rollout.full) {
    // Copied, since the environments show the next ones in the same array.
    const decision = await actor.act(shown.slice(), random);
    const step = environment.step(decision.actions);
    rollout.add(decision, step);
    episodes.push(...step.episodes);
    const cut = step.episodes.filter(({ environment: at }) => !step.terminated[at]);
    if (options.bootstrapsTruncation && cut.length > 0) {
      const values = await actor.values(step.finalObservations);
      for (const { environment: at } of cut) rollout.bootstrapTruncation(at, values[at]!, options.gamma);
    }
    shown = step.observations;
    await breathe();
  }
  rollout.computeAdvantages(await actor.values(shown), options);
  return { observations: shown, episodes };
}
