import { apply, formatShape, operation, type Tensor } from '../graph/tensor.js';
import { requireImages, requireShape } from './arguments.js';
import { ShapeError } from './errors.js';

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

export interface BatchStatistics {
  /** The normalised images, `[N, C, H, W]`. */
  output: Tensor;
  /** Mean of each channel over the batch, `[C]`. For running statistics only: no gradient passes through it. */
  mean: Tensor;
  /** Biased variance (divided by the number of values) of each channel, `[C]`. No gradient passes through it. */
  variance: Tensor;
}

/**
 * Normalises each channel of `x [N, C, H, W]` by its own mean and variance over the batch:
 * (x - mean) / sqrt(variance + eps) * weight + bias. Source: Ioffe and Szegedy 2015.
 */
export function batchNormTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { eps = 1e-5 }: BatchNormOptions = {},
): BatchStatistics {
  const [n, c, h, w] = checkArguments('batchNormTraining', x, { weight, bias }, eps);
  if (n * h * w < 2) {
    throw new ShapeError(
      `batchNormTraining: needs more than one value per channel, got x ${formatShape(x.shape)}; use a larger batch`,
    );
  }
  const shapes = [x.shape, [c], [c]];
  const [output, mean, variance] = operation('BatchNormTraining', [x, weight, bias], { epsilon: eps }, shapes);
  return { output: output!, mean: mean!, variance: variance! };
}

/** The same with given statistics `mean [C]` and `variance [C]`, which are constants for the gradient. */
export function batchNormInference(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  { eps = 1e-5 }: BatchNormOptions = {},
): Tensor {
  checkArguments('batchNormInference', x, { weight, bias, mean, variance }, eps);
  return apply('BatchNormalization', [x, weight, bias, mean, variance], x.shape, { epsilon: eps });
}

function checkArguments(name: string, x: Tensor, channels: Record<string, Tensor>, eps: number) {
  const images = requireImages(name, x);
  for (const [argument, tensor] of Object.entries(channels)) {
    requireShape(name, argument, tensor, [images[1]], `for x ${formatShape(x.shape)}`);
  }
  if (!(eps > 0 && eps < Infinity)) throw new RangeError(`${name}: "eps" must be a number above 0, got ${eps}`);
  return images;
}

/** The gradients [dx, dweight, dbias] of `batchNormTraining`. */
export function batchNormTrainingGrad(
  dy: Tensor,
  x: Tensor,
  weight: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): readonly Tensor[] {
  const shapes = [x.shape, weight.shape, weight.shape];
  return operation('BatchNormTrainingGrad', [dy, x, weight, mean, variance], { epsilon }, shapes);
}
