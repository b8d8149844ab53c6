import { add, exp, maximum, mean, minimum, mul, neg, type Operand, sub, type Tensor } from '@counterpoise/engine';

/** Each value moved into [low, high]; beyond them the gradient is 0. */
export function clip(x: Tensor, low: Operand, high: Operand): Tensor {
  return minimum(maximum(x, low), high);
}

/**
 * The clipped surrogate (Schulman et al. 2017, equation 7), negated, with r = exp(log p_new - log p_old):
 *
 *     mean of max(-A r, -A clip(r, 1 - c, 1 + c))
 *
 * @param logRatio [N], log p_new - log p_old. @param advantages [N]. @param clipRange c, of shape [] if it is a tensor.
 */
export function policyLoss(logRatio: Tensor, advantages: Tensor, clipRange: Operand): Tensor {
  const ratio = exp(logRatio);
  const clipped = clip(ratio, sub(1, clipRange), add(1, clipRange));
  const cost = neg(advantages);
  return mean(maximum(mul(cost, ratio), mul(cost, clipped)));
}
