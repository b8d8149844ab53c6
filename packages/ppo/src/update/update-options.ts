import type { BalancedStepOptions } from '@counterpoise/training';
import { count, positive } from '../options.js';

export interface UpdateOptions {
  /** Rows of a minibatch; they must divide those of the rollout. */
  readonly minibatch: number;
  /** Passes over the rollout, at least 1. Default 4. */
  readonly epochs?: number;
  /** Limit of the joint L2 norm of the gradients of the weighted total. Default 0.5. */
  readonly maxGradNorm?: number;
  /** Limits the step of the critic by the clip range, see `clippedValueLoss`. Default true, as CleanRL; Stable-Baselines3: false. */
  readonly clipsValues?: boolean;
  /** Advantages get mean 0 and standard deviation 1 in each minibatch. Default true. */
  readonly normalizesAdvantages?: boolean;
  /** No further epoch once the approximate KL divergence of an epoch's last minibatch is above it. Default: no limit. */
  readonly targetKl?: number;
  /** Of the balanced step: threads (default here 1: the nets are small), boundary, heads, measured gradients. */
  readonly step?: Pick<BalancedStepOptions, 'threads' | 'boundary' | 'heads' | 'measureGradients'>;
}

export type UpdateSettings = ReturnType<typeof resolveUpdate>;

/** Defaults filled in, as plain JSON. @throws RangeError naming the option that is wrong. */
export function resolveUpdate(options: UpdateOptions) {
  const { minibatch, targetKl, clipsValues = true, normalizesAdvantages = true, step = {} } = options;
  return {
    minibatch: count('minibatch', minibatch),
    epochs: count('epochs', options.epochs ?? 4),
    maxGradNorm: positive('maxGradNorm', options.maxGradNorm ?? 0.5),
    clipsValues,
    normalizesAdvantages,
    targetKl: targetKl === undefined ? null : positive('targetKl', targetKl),
    step: { threads: 1, ...step },
  };
}
