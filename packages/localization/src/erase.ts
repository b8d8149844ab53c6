/** Random erasing (Zhong et al., "Random erasing data augmentation", 2020): the network must not lean on one part of an object. */
import type { Random } from '@counterpoise/nn';
import type { Crop } from './crop.js';
import type { Box } from './dataset.js';

/** Area in units of the picture, uniform; the paper's 0.4 would hide many an object. */
const AREA = [0.02, 0.2] as const;
/** Height over width, log-uniform, as in the paper. */
const SHAPE = [0.3, 3.3] as const;
/** Of the object's box. */
const MOST_HIDDEN = 0.5;

/**
 * A rectangle in unit coordinates of the picture, or null with the probability 1 - `probability`, and where it would hide more
 * than half of the box.
 */
export function drawErasure(random: Random, probability: number, box: Box): Crop | null {
  const wanted = random.uniform() < probability;
  const area = AREA[0] + (AREA[1] - AREA[0]) * random.uniform();
  const shape = SHAPE[0] * (SHAPE[1] / SHAPE[0]) ** random.uniform();
  const [width, height] = [Math.min(1, Math.sqrt(area / shape)), Math.min(1, Math.sqrt(area * shape))];
  const erasure = { left: (1 - width) * random.uniform(), top: (1 - height) * random.uniform(), width, height };
  return wanted && hidden(box, erasure) <= MOST_HIDDEN ? erasure : null;
}

function hidden([x1, y1, x2, y2]: Box, { left, top, width, height }: Crop): number {
  const across = Math.min(x2, left + width) - Math.max(x1, left);
  const down = Math.min(y2, top + height) - Math.max(y1, top);
  return (Math.max(0, across) * Math.max(0, down)) / ((x2 - x1) * (y2 - y1));
}

/** Sets the rectangle's pixels, rounded to whole ones, to 0 in each of the three planes: the mean colour after normalisation. */
export function erasePixels(planes: Float32Array, offset: number, size: number, erasure: Crop): void {
  const [left, right] = [erasure.left, erasure.left + erasure.width].map((x) => Math.round(x * size)) as [
    number,
    number,
  ];
  const [top, bottom] = [erasure.top, erasure.top + erasure.height].map((y) => Math.round(y * size)) as [
    number,
    number,
  ];
  for (let row = top; row < bottom; row++) {
    for (let plane = 0; plane < 3; plane++) {
      const line = offset + plane * size * size + row * size;
      planes.fill(0, line + left, line + right);
    }
  }
}
