import { add, crossEntropy, div, exp, mul, neg, square, sub, sum, type Tensor } from '@counterpoise/engine';
import { LOG_ROOT_TURN } from '../distributions/diagonal-gaussian.js';

/** [N]: log softmax(logits) at the choices. @param logits [N, n]. @param actions int32 [N]. */
export function categoricalLogProb(logits: Tensor, actions: Tensor): Tensor {
  return neg(crossEntropy(logits, actions, { reduction: 'none' }));
}

/**
 * [N]: the sum over the components of -(a - mean)^2 / (2 std^2) - logStd - log(2 pi) / 2.
 * @param mean [N, components], as `actions`. @param logStd [components].
 */
export function gaussianLogProb(mean: Tensor, logStd: Tensor, actions: Tensor): Tensor {
  const distance = div(sub(actions, mean), exp(logStd));
  const terms = add(mul(square(distance), 0.5), add(logStd, LOG_ROOT_TURN));
  return neg(sum(terms, { axes: [1] }));
}
