/** What happens to one picture between its pixels and the network: crop, flip, colour jitter, normalisation. */
import type { Random } from '@counterpoise/nn';
import { type Crop, cropBox, cropPixels, drawCrop, WHOLE } from './crop.js';
import type { Box } from './dataset.js';

/** Ranges of the random changes; 0 switches one off, of `crop` 1. */
export interface Augmentation {
  /** The least share of each side that a random crop keeps, in (0, 1]; the object is always kept whole. */
  readonly crop: number;
  /** Probability of a horizontal flip, in [0, 1]. */
  readonly horizontalFlip: number;
  /** The factors of brightness, contrast and saturation are uniform in [1 - v, 1 + v]; v in [0, 1]. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

export const DEFAULT_AUGMENTATION: Augmentation = {
  crop: 0.6,
  horizontalFlip: 0.5,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
};

/** Per channel (R, G, B), for values scaled to [0, 1]: the network sees `(value / 255 - mean) / std`. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Mean and standard deviation of ImageNet, as torchvision's pretrained weights expect them. */
export const IMAGENET_NORMALIZATION: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The changes drawn for one picture; factors of 1 change nothing. */
export interface SampleTransform {
  readonly crop: Crop;
  readonly flip: boolean;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

export const NO_TRANSFORM: SampleTransform = { crop: WHOLE, flip: false, brightness: 1, contrast: 1, saturation: 1 };

/** @throws RangeError that names the field if one is out of its range. */
export function checkAugmentation(augmentation: Augmentation): Augmentation {
  for (const field of ['horizontalFlip', 'brightness', 'contrast', 'saturation'] as const) {
    const value = augmentation[field];
    if (!(value >= 0 && value <= 1)) throw new RangeError(`"augmentation.${field}" must be in [0, 1], got ${value}`);
  }
  const { crop } = augmentation;
  if (!(crop > 0 && crop <= 1)) throw new RangeError(`"augmentation.crop" must be in (0, 1], got ${crop}`);
  return augmentation;
}

/**
 * The changes of a picture whose object is in `box`, in unit coordinates. Always draws the same number of numbers, so that
 * switching one change off leaves the others as they were.
 */
export function drawTransform(random: Random, augmentation: Augmentation, box: Box): SampleTransform {
  const flip = random.uniform() < augmentation.horizontalFlip;
  const factor = (range: number) => 1 + range * (2 * random.uniform() - 1);
  const brightness = factor(augmentation.brightness);
  const contrast = factor(augmentation.contrast);
  const saturation = factor(augmentation.saturation);
  return { flip, brightness, contrast, saturation, crop: drawCrop(random, augmentation.crop, box) };
}

/** A box in unit coordinates after the transform's crop, then its flip: `[1 - x2, y1, 1 - x1, y2]`. */
export function transformBox(box: Box, transform: SampleTransform): Box {
  const [x1, y1, x2, y2] = cropBox(box, transform.crop);
  return transform.flip ? [1 - x2, y1, 1 - x1, y2] : [x1, y1, x2, y2];
}

/**
 * Writes one picture into a batch: from `size * size * 3` bytes (height, width, channel) to float32 (channel, height, width)
 * at `offset` of `out`.
 *
 * Colour jitter is torchvision's ColorJitter in the fixed order brightness, contrast, saturation, each step limited to
 * [0, 255]: `p = b p`; `p = c p + (1 - c) mean grey of the picture`; `p = s p + (1 - s) grey of the pixel`;
 * grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
 */
export function writeImage(
  picture: Uint8Array,
  size: number,
  transform: SampleTransform,
  normalization: Normalization,
  out: Float32Array,
  offset: number,
): void {
  const area = size * size;
  if (picture.length !== area * 3)
    throw new RangeError(`internal: ${picture.length} bytes for ${size} x ${size} pixels`);
  const pixels = transform.crop === WHOLE ? picture : cropPixels(picture, size, transform.crop);
  const { flip, brightness, contrast, saturation } = transform;
  const scale = normalization.std.map((std) => 1 / (255 * std));
  const shift = normalization.mean.map((mean, channel) => -mean / normalization.std[channel]!);
  const [scaleR, scaleG, scaleB] = scale as [number, number, number];
  const [shiftR, shiftG, shiftB] = shift as [number, number, number];
  const jitter = brightness !== 1 || contrast !== 1 || saturation !== 1;
  const brightened = new Float32Array(256);
  for (let value = 0; value < 256; value++) brightened[value] = Math.min(255, value * brightness);
  const anchor = contrast === 1 ? 0 : (1 - contrast) * meanGrey(pixels, brightened);

  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + (flip ? size - 1 - x : x)) * 3;
      const to = offset + y * size + x;
      let r = pixels[from]!;
      let g = pixels[from + 1]!;
      let b = pixels[from + 2]!;
      if (jitter) {
        r = limit(contrast * brightened[r]! + anchor);
        g = limit(contrast * brightened[g]! + anchor);
        b = limit(contrast * brightened[b]! + anchor);
        const grey = (1 - saturation) * (0.299 * r + 0.587 * g + 0.114 * b);
        r = limit(saturation * r + grey);
        g = limit(saturation * g + grey);
        b = limit(saturation * b + grey);
      }
      out[to] = r * scaleR + shiftR;
      out[to + area] = g * scaleG + shiftG;
      out[to + 2 * area] = b * scaleB + shiftB;
    }
  }
}

function meanGrey(pixels: Uint8Array, brightened: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) {
    sum +=
      0.299 * brightened[pixels[at]!]! + 0.587 * brightened[pixels[at + 1]!]! + 0.114 * brightened[pixels[at + 2]!]!;
  }
  return sum / (pixels.length / 3);
}

function limit(value: number): number {
  return value < 0 ? 0 : Math.min(value, 255);
}
