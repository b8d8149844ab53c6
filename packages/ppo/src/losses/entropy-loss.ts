import { add, exp, logSoftmax, mul, neg, sum, type Tensor } from '@counterpoise/engine';
import { LOG_ROOT_TURN } from '../distributions/diagonal-gaussian.js';

/** -H, the mean over the rows of sum p log p in nats: minimised, the policy stays undecided. @param logits [N, n]. */
export function categoricalEntropyLoss(logits: Tensor): Tensor {
  const logProbabilities = logSoftmax(logits, 1);
  const rows = logits.shape[0]!;
  return mul(sum(mul(exp(logProbabilities), logProbabilities)), 1 / rows);
}

/** -H, minus the sum of 1/2 + log(2 pi) / 2 + logStd: the same for every state. @param logStd [components]. */
export function gaussianEntropyLoss(logStd: Tensor): Tensor {
  return neg(sum(add(logStd, 0.5 + LOG_ROOT_TURN)));
}
