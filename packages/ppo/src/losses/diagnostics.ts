import { abs, cast, exp, greater, mean, neg, type Operand, sub, type Tensor } from '@counterpoise/engine';

/** How far the policy has moved from that of the rollout; scalars. */
export interface Diagnostics {
  /** KL divergence by the estimator k1, mean of -log r (Schulman 2020, "Approximating KL divergence"): may be negative. */
  readonly oldApproxKl: Tensor;
  /** By the estimator k3, mean of (r - 1) - log r: never negative, less variance. */
  readonly approxKl: Tensor;
  /** Share of the rows in [0, 1] whose ratio lies beyond the clip range. */
  readonly clipFraction: Tensor;
}

/** @param logRatio [N], log p_new - log p_old. @param clipRange of shape [] if it is a tensor. */
export function diagnostics(logRatio: Tensor, clipRange: Operand): Diagnostics {
  const change = sub(exp(logRatio), 1);
  return {
    oldApproxKl: mean(neg(logRatio)),
    approxKl: mean(sub(change, logRatio)),
    clipFraction: mean(cast(greater(abs(change), clipRange), 'float32')),
  };
}
