import type { Tensor } from '../../graph/tensor.js';
import { batchNormTrainingGrad } from '../batch-norm.js';
import { add, mul, sub } from '../elementwise.js';
import { sum } from '../reduce.js';
import { reshape } from '../shape.js';
import { exp, reciprocal, sqrt } from '../unary.js';
import { type GradientRules, unaryRule } from './rule.js';

const overImages = { axes: [0, 2, 3] };

/** A value per channel `[C]`, ready to broadcast against images. */
const perChannel = (x: Tensor) => reshape(x, [1, x.size, 1, 1]);

export const normalizationGradients: GradientRules = {
  BatchNormTraining: (dy, op) => {
    const [x, scale] = op.inputs as readonly [Tensor, Tensor];
    return batchNormTrainingGrad(dy, x, scale, op.outputs[1]!, op.outputs[2]!, op.attributes.epsilon as number);
  },
  // The statistics are constants: y is an affine map of x, channel by channel.
  BatchNormalization: (dy, op, needs) => {
    const [x, scale, , mean, variance] = op.inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
    const inverse = reciprocal(sqrt(add(variance, op.attributes.epsilon as number)));
    return [
      needs[0] ? mul(dy, perChannel(mul(scale, inverse))) : undefined,
      needs[1] ? mul(sum(mul(dy, sub(x, perChannel(mean))), overImages), inverse) : undefined,
      needs[2] ? sum(dy, overImages) : undefined,
    ];
  },
  // With p = softmax(x): dx = p (dy - sum of dy p).
  Softmax: unaryRule((dy, _x, p, op) => {
    const weighted = sum(mul(dy, p), { axes: [op.attributes.axis as number], keepDims: true });
    return mul(p, sub(dy, weighted));
  }),
  // With p = exp(y): dx = dy - p sum of dy.
  LogSoftmax: unaryRule((dy, _x, y, op) => {
    const total = sum(dy, { axes: [op.attributes.axis as number], keepDims: true });
    return sub(dy, mul(exp(y), total));
  }),
};
