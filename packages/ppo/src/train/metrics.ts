import type { TargetScale } from '@counterpoise/nn';
import type { MetricsRecord } from '@counterpoise/training';
import type { UpdateResult } from '../update/update-result.js';
import type { EndedEpisode } from '../vector/vector-environment.js';

/**
 * The numbers of one rollout and its update under the names of CleanRL: `losses/entropy` is the entropy itself, and
 * `charts/episodic_return`, the mean of the episodes that ended in the rollout, is absent where none did. Weights and gradient norms
 * have the names that all trainings here have. No time is among them: the same seed gives the same numbers.
 *
 * Where the critic learns normalised returns, `losses/value_loss` is in units of their variance, and `charts/return_mean` and
 * `charts/return_std` are what normalises them, in the unit of the rewards.
 *
 * @param steps of all environments since the beginning.
 * @param returns the scale of PopArt, if there is one.
 */
export function trainMetrics(
  steps: number,
  learningRate: number,
  episodes: readonly EndedEpisode[],
  result: UpdateResult,
  returns?: TargetScale,
): MetricsRecord {
  const { losses, weights, gradientNorms = {}, gradNorm } = result;
  const mean = (field: 'episodeReturn' | 'episodeLength') =>
    episodes.reduce((sum, episode) => sum + episode[field], 0) / episodes.length;
  return {
    global_step: steps,
    'charts/learning_rate': learningRate,
    ...(episodes.length > 0 && {
      'charts/episodic_return': mean('episodeReturn'),
      'charts/episodic_length': mean('episodeLength'),
    }),
    ...(returns && { 'charts/return_mean': returns.mean[0]!, 'charts/return_std': returns.std[0]! }),
    'losses/policy_loss': losses.policy,
    'losses/value_loss': losses.value,
    'losses/entropy': -losses.entropy,
    'losses/old_approx_kl': result.oldApproxKl,
    'losses/approx_kl': result.approxKl,
    'losses/clipfrac': result.clipFraction,
    'losses/explained_variance': result.explainedVariance,
    ...prefixed('weight/', weights),
    ...prefixed('gradientNorm/', { ...gradientNorms, total: gradNorm }),
  };
}

function prefixed(prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [prefix + name, value]));
}
