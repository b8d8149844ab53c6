import { Constant, formatShape, sameShape, type Tensor } from '../graph/tensor.js';
import { requireDtype, requireShape } from './arguments.js';
import { add, div, equal, minimum, mul, sub } from './elementwise.js';
import { ShapeError } from './errors.js';
import { mean, sum } from './reduce.js';
import { cast, reshape } from './shape.js';
import { logSoftmax } from './softmax.js';
import { abs, neg, square } from './unary.js';

/** 'mean' (default) and 'sum' give a scalar, 'none' one loss per element (or per sample, for cross-entropy). */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  reduction?: Reduction;
}

export interface CrossEntropyOptions extends LossOptions {
  /** In [0, 1]: the share of the target that is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
  /** `[C]`: a factor per class. With 'mean', the sum is divided by the factors of the labels instead of by N. */
  weight?: Tensor | undefined;
}

export interface SmoothL1Options extends LossOptions {
  /** The error from which on the loss is linear, 0 or more, in the unit of the values. Default 1; 0 is `l1Loss`. */
  beta?: number;
}

/**
 * Cross-entropy of `logits [N, C]` and class numbers `labels` int32 `[N]` in [0, C), as PyTorch's cross_entropy: with
 * q_c = (1 - labelSmoothing) [c = label] + labelSmoothing / C, the loss of a sample is -sum_c weight_c q_c log p_c.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0, weight } = options;
  const reduction = checkReduction('crossEntropy', options);
  requireDtype('crossEntropy', 'logits', logits, 'float32');
  requireDtype('crossEntropy', 'labels', labels, 'int32');
  if (
    logits.shape.length !== 2 ||
    labels.shape.length !== 1 ||
    labels.shape[0] !== logits.shape[0] ||
    logits.size === 0
  ) {
    throw new ShapeError(
      `crossEntropy: needs logits [N, C] and labels [N] with N and C of 1 or more, ` +
        `got ${formatShape(logits.shape)} and ${formatShape(labels.shape)}`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: "labelSmoothing" must be in [0, 1], got ${labelSmoothing}`);
  }
  const [n, classes] = logits.shape as unknown as [number, number];
  if (weight) requireShape('crossEntropy', 'weight', weight, [classes], `for logits ${formatShape(logits.shape)}`);

  const numbers = new Constant(
    Int32Array.from({ length: classes }, (_, i) => i),
    [1, classes],
  );
  const oneHot = cast(equal(reshape(labels, [n, 1]), numbers), 'float32');
  const smoothed = add(mul(oneHot, 1 - labelSmoothing), labelSmoothing / classes);
  const target = weight ? mul(smoothed, weight) : smoothed;
  const terms = mul(target, logSoftmax(logits, 1));
  if (reduction === 'none') return neg(sum(terms, { axes: [1] }));
  const total = sum(terms);
  if (reduction === 'sum') return neg(total);
  return weight ? neg(div(total, sum(mul(oneHot, weight)))) : mul(total, -1 / n);
}

/** (prediction - target)^2, both of one shape. */
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return reduced('mseLoss', square(difference('mseLoss', prediction, target)), options);
}

/** |prediction - target|, both of one shape. */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return reduced('l1Loss', abs(difference('l1Loss', prediction, target)), options);
}

/** With d = |prediction - target|: d^2 / (2 beta) where d < beta, else d - beta / 2. Source: Girshick 2015. */
export function smoothL1Loss(prediction: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1 } = options;
  if (!(beta >= 0 && beta < Infinity)) {
    throw new RangeError(`smoothL1Loss: "beta" must be a number of 0 or more, got ${beta}`);
  }
  const distance = abs(difference('smoothL1Loss', prediction, target));
  if (beta === 0) return reduced('smoothL1Loss', distance, options);
  // With m = min(d, beta), both branches are m^2 / (2 beta) + (d - m).
  const near = minimum(distance, beta);
  return reduced('smoothL1Loss', add(mul(square(near), 0.5 / beta), sub(distance, near)), options);
}

function difference(name: string, prediction: Tensor, target: Tensor): Tensor {
  requireDtype(name, 'prediction', prediction, 'float32');
  requireDtype(name, 'target', target, 'float32');
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `${name}: prediction and target must have one shape, ` +
        `got ${formatShape(prediction.shape)} and ${formatShape(target.shape)}`,
    );
  }
  return sub(prediction, target);
}

function reduced(name: string, losses: Tensor, options: LossOptions): Tensor {
  const reduction = checkReduction(name, options);
  return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
}

function checkReduction(name: string, { reduction = 'mean' }: LossOptions): Reduction {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new RangeError(`${name}: "reduction" must be "mean", "sum" or "none", got "${String(reduction)}"`);
  }
  return reduction;
}
