/** The scale of a box head whose targets are standardised by running statistics. */
import { add, concat, div, mul, slice, softplus, type Tensor, Variable } from '@counterpoise/engine';
import { Module } from '@counterpoise/nn';
import type { BoxHead } from './box-head.js';
import { type Box, centerOf } from './dataset.js';

/**
 * Mean and standard deviation of the head's coordinates so far (PopArt): part of the model, as the statistics of batch normalisation.
 * Of `center`, the sizes are the numbers before the softplus, see `linearCoordinates`.
 */
export class BoxScale extends Module {
  readonly mean = new Variable('box_scale.mean', [4], new Float32Array(4));
  readonly std = new Variable('box_scale.std', [4], new Float32Array(4).fill(1));
}

/**
 * y = mean + std z; sizes are b softplus(y / b), which is y but for boxes of some hundredths of the picture. The bend does not move
 * with the statistics: so there is a z for any y, whatever they are, and PopArt can keep what the head says as it is.
 */
export function rescaled(raw: Tensor, head: BoxHead, { mean, std }: BoxScale): Tensor {
  const linear = add(mul(raw, std), mean);
  if (head === 'corners') return linear;
  const sizes = mul(softplus(div(slice(linear, [2], [4], { axes: [1] }), SIZE_BEND)), SIZE_BEND);
  return concat([slice(linear, [0], [2], { axes: [1] }), sizes], 1);
}

/** In units of the picture. */
const SIZE_BEND = 0.02;
/** A smaller size, in units of the picture, has none of the pixels of any network. */
const SMALLEST_SIZE = 1e-4;

/** What the head must say, as y of `BoxScale`, for a box given by its corners. */
export function linearCoordinates(box: Box, head: BoxHead): readonly number[] {
  if (head === 'corners') return box;
  const [cx, cy, ...sizes] = centerOf(box);
  const before = (size: number) => SIZE_BEND * inverseSoftplus(Math.max(size, SMALLEST_SIZE) / SIZE_BEND);
  return [cx!, cy!, ...sizes.map(before)];
}

/** log(exp(x) - 1) for x > 0, without overflow. */
export function inverseSoftplus(x: number): number {
  return x + Math.log(-Math.expm1(-x));
}
