import { add, maximum, mean, mul, neg, type Operand, square, sub, type Tensor } from '@counterpoise/engine';
import { clip } from './policy-loss.js';

/** Half the mean squared error, 0.5 mean (V - R)^2; CleanRL weighs it with 0.5 more. @param values [N], as `returns`. */
export function valueLoss(values: Tensor, returns: Tensor): Tensor {
  return mul(mean(square(sub(values, returns))), 0.5);
}

/**
 * The same for a critic that may move by at most c from what it said in the rollout (CleanRL, OpenAI baselines):
 *
 *     0.5 mean of max((V - R)^2, (V_old + clip(V - V_old, -c, c) - R)^2)
 *
 * The bound is in the unit of the values: with large rewards a critic hardly moves, unless it learns normalised returns.
 *
 * @param values [N], as `oldValues` and `returns`. @param clipRange c, of shape [] if it is a tensor.
 */
export function clippedValueLoss(values: Tensor, oldValues: Tensor, returns: Tensor, clipRange: Operand): Tensor {
  const least = typeof clipRange === 'number' ? -clipRange : neg(clipRange);
  const clipped = add(oldValues, clip(sub(values, oldValues), least, clipRange));
  return mul(mean(maximum(square(sub(values, returns)), square(sub(clipped, returns)))), 0.5);
}
