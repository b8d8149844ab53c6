/** What happens to one picture between its pixels and the network: rotation, crop, blur, flip, colour jitter, normalisation, erasing. */
import type { Random } from '@counterpoise/nn';
import { blurPixels } from './blur.js';
import { type Crop, cropBox, cropPixels, drawCrop, WHOLE } from './crop.js';
import type { Box } from './dataset.js';
import { drawErasure, erasePixels } from './erase.js';
import { type Rotation, rotateBox, rotatePixels } from './rotation.js';

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
  /** The angle is uniform in [-v, v] degrees; v in [0, 45]. */
  readonly rotate: number;
  /** The standard deviation is uniform in [0, v], in units of the picture's side; v in [0, 0.1]. */
  readonly blur: number;
  /** Probability that a rectangle is erased, in [0, 1]. */
  readonly erase: number;
}

export const DEFAULT_AUGMENTATION: Augmentation = {
  crop: 0.6,
  horizontalFlip: 0.5,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  rotate: 0,
  blur: 0,
  erase: 0,
};

/** Per channel (R, G, B), for values scaled to [0, 1]: the network sees `(value / 255 - mean) / std`. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Mean and standard deviation of ImageNet, as torchvision's pretrained weights expect them. */
export const IMAGENET_NORMALIZATION: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The changes drawn for one picture; factors of 1 change nothing. Plain data, which can be sent to a worker. */
export interface SampleTransform {
  /** Null: not turned. */
  readonly rotation: Rotation | null;
  readonly crop: Crop;
  readonly flip: boolean;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Standard deviation in units of the side; 0: none. */
  readonly blur: number;
  /** In unit coordinates of what the network sees; null: nothing. */
  readonly erasure: Crop | null;
}

export const NO_TRANSFORM: SampleTransform = {
  rotation: null,
  crop: WHOLE,
  flip: false,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  blur: 0,
  erasure: null,
};

/** Largest values of the fields that begin at 0. */
const LARGEST = {
  horizontalFlip: 1,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  rotate: 45,
  blur: 0.1,
  erase: 1,
} as const satisfies Partial<Augmentation>;

/** @throws RangeError that names the field if one is out of its range. */
export function checkAugmentation(augmentation: Augmentation): Augmentation {
  for (const [field, largest] of Object.entries(LARGEST) as [keyof typeof LARGEST, number][]) {
    const value = augmentation[field];
    if (value >= 0 && value <= largest) continue;
    throw new RangeError(`"augmentation.${field}" must be in [0, ${largest}], got ${value}`);
  }
  const { crop } = augmentation;
  if (!(crop > 0 && crop <= 1)) throw new RangeError(`"augmentation.crop" must be in (0, 1], got ${crop}`);
  return augmentation;
}

/**
 * The changes of a picture whose object is in `box`, in unit coordinates. Each change always draws the same numbers, so that
 * switching one off leaves the others as they were.
 * @param random the picture's own: two calls with one generator turn, blur and erase alike.
 * @param aspect width over height of the picture before it became a square.
 */
export function drawTransform(random: Random, augmentation: Augmentation, box: Box, aspect: number): SampleTransform {
  const flip = random.uniform() < augmentation.horizontalFlip;
  const factor = (range: number) => 1 + range * (2 * random.uniform() - 1);
  const brightness = factor(augmentation.brightness);
  const contrast = factor(augmentation.contrast);
  const saturation = factor(augmentation.saturation);
  const degrees = augmentation.rotate * (2 * random.fork('rotate').uniform() - 1);
  const angle = (degrees * Math.PI) / 180;
  const turned = angle === 0 ? undefined : rotateBox(box, { angle, aspect });
  const crop = drawCrop(random, augmentation.crop, turned ?? box);
  const blur = augmentation.blur * random.fork('blur').uniform();
  const placed = { ...NO_TRANSFORM, rotation: turned ? { angle, aspect } : null, crop, flip };
  const erasure = drawErasure(random.fork('erase'), augmentation.erase, transformBox(box, placed));
  return { ...placed, brightness, contrast, saturation, blur, erasure };
}

/** A box in unit coordinates after the transform's rotation, crop and flip, in this order; the flip: `[1 - x2, y1, 1 - x1, y2]`. */
export function transformBox(box: Box, { rotation, crop, flip }: SampleTransform): Box {
  const turned = rotation ? rotateBox(box, rotation) : box;
  if (!turned)
    throw new RangeError(`internal: a rotation by ${rotation?.angle} takes the box [${box}] out of the picture`);
  const [x1, y1, x2, y2] = cropBox(turned, crop);
  return flip ? [1 - x2, y1, 1 - x1, y2] : [x1, y1, x2, y2];
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
  const pixels = reshaped(picture, size, transform);
  const { flip, saturation } = transform;
  const [scaleR, scaleG, scaleB] = normalization.std.map((std) => 1 / (255 * std)) as [number, number, number];
  const [shiftR, shiftG, shiftB] = normalization.mean.map((mean, at) => -mean / normalization.std[at]!) as [
    number,
    number,
    number,
  ];
  const lit = contrasted(pixels, transform);
  const step = flip ? -3 : 3;
  for (let y = 0; y < size; y++) {
    let from = (y * size + (flip ? size - 1 : 0)) * 3;
    const end = offset + (y + 1) * size;
    for (let to = end - size; to < end; to++, from += step) {
      let r = lit[pixels[from]!]!;
      let g = lit[pixels[from + 1]!]!;
      let b = lit[pixels[from + 2]!]!;
      if (saturation !== 1) {
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
  if (transform.erasure) erasePixels(out, offset, size, transform.erasure);
}

/** What brightness and contrast make of each of the 256 values: they are looked up, not computed, for every pixel. */
function contrasted(pixels: Uint8Array, { brightness, contrast }: SampleTransform): Float64Array {
  const table = Float64Array.from({ length: 256 }, (_, value) => Math.min(255, value * brightness));
  if (contrast === 1) return table;
  const anchor = (1 - contrast) * meanGrey(pixels, table);
  return table.map((value) => limit(contrast * value + anchor));
}

function reshaped(picture: Uint8Array, size: number, { rotation, crop, blur }: SampleTransform): Uint8Array {
  const placed = rotation ? rotatePixels(picture, size, rotation, crop) : cropPixels(picture, size, crop);
  return blur > 0 ? blurPixels(placed, size, blur * size) : placed;
}

function meanGrey(pixels: Uint8Array, brightened: Float64Array): number {
  let [r, g, b] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 3) {
    r += brightened[pixels[at]!]!;
    g += brightened[pixels[at + 1]!]!;
    b += brightened[pixels[at + 2]!]!;
  }
  return (0.299 * r + 0.587 * g + 0.114 * b) / (pixels.length / 3);
}

function limit(value: number): number {
  return value < 0 ? 0 : Math.min(value, 255);
}
