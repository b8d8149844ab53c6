/** A random part of a picture that keeps its object, stretched back to the whole: the object moves, grows and changes its shape. */
import type { Random } from '@counterpoise/nn';
import { interpolate, samples } from './bilinear.js';
import type { Box } from './dataset.js';

/** A part of a picture, in unit coordinates. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const WHOLE: Crop = { left: 0, top: 0, width: 1, height: 1 };

/**
 * A part whose sides are uniform in [`smallest`, 1], longer where the box needs it, at a uniform place around the box.
 * @param smallest share of each side that is always kept, in (0, 1]; 1 keeps everything.
 */
export function drawCrop(random: Random, smallest: number, [x1, y1, x2, y2]: Box): Crop {
  const [left, width] = drawSide(random, smallest, x1, x2);
  const [top, height] = drawSide(random, smallest, y1, y2);
  return { left, top, width, height };
}

function drawSide(random: Random, smallest: number, start: number, end: number): [offset: number, length: number] {
  const least = Math.min(1, Math.max(smallest, end - start));
  const length = 1 - (1 - least) * random.uniform();
  const from = Math.max(0, end - length);
  const to = Math.max(from, Math.min(start, 1 - length));
  return [from + (to - from) * random.uniform(), length];
}

/** The box in unit coordinates of the part; rounding may not take it beyond its edges. */
export function cropBox([x1, y1, x2, y2]: Box, { left, top, width, height }: Crop): Box {
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  return [
    inside((x1 - left) / width),
    inside((y1 - top) / height),
    inside((x2 - left) / width),
    inside((y2 - top) / height),
  ];
}

/** The part stretched to `size` x `size`, bilinear; bytes as in `LocalizationDataset.load`, the same ones where nothing is cut. */
export function cropPixels(pixels: Uint8Array, size: number, crop: Crop): Uint8Array {
  if (crop.width === 1 && crop.height === 1) return pixels;
  const columns = samples(size, size, crop.left, crop.width);
  const rows = samples(size, size, crop.top, crop.height);
  return interpolate(pixels, size, columns, rows);
}
