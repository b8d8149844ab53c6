/** What is on a generated picture: drawn from a random generator, in units of the picture (0 to 1), whatever its pixels. */
import type { Random } from '@counterpoise/nn';
import { type Colour, contrast, mixed, randomColour } from './colours.js';
import { bar, blob, bounds, type Contour, moved, type ShapeName, shapeContours } from './shapes.js';

export type Pattern = 'plain' | 'stripes' | 'checks' | 'dots';

/** Two colours in a pattern; `period` is its wavelength, `angle` its direction in radians. */
export interface Paint {
  readonly pattern: Pattern;
  readonly first: Colour;
  readonly second: Colour;
  readonly period: number;
  readonly angle: number;
  readonly phase: number;
}

/** Smooth noise: (cells + 1) x (cells + 1) values in [-1, 1] times the amplitude, interpolated. */
export interface Noise {
  readonly cells: number;
  readonly amplitude: number;
  readonly lattice: Float32Array;
}

export interface Layer {
  readonly contours: readonly Contour[];
  readonly paint: Paint;
  readonly opacity: number;
}

export interface Scene {
  readonly shape: ShapeName;
  /** Tight around the whole shape, also where something lies over it: [x1, y1, x2, y2] in [0, 1]. */
  readonly box: readonly [number, number, number, number];
  readonly background: { readonly from: Colour; readonly to: Colour; readonly angle: number; readonly paint: Paint };
  readonly noise: readonly Noise[];
  /** From back to front: clutter, the shape, perhaps something over it. */
  readonly layers: readonly Layer[];
  /** Standard deviation of the noise of every pixel, of 255. */
  readonly grain: number;
  readonly grainSeed: number;
}

/** Radius of the shapes, of the picture's side. */
const RADIUS = [0.15, 0.38] as const;
/** No side of a shape is squeezed to less than this. */
const SQUEEZE = 0.65;
const OCCLUDED = 0.4;
const MARGIN = 0.01;
/** Euclidean distance of RGB colours in [0, 1] that shape and background keep, as far as 12 attempts find one. */
const CONTRAST = 0.45;

export function drawScene(random: Random, shape: ShapeName): Scene {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const from = randomColour(random);
  const to = mixed(from, randomColour(random), 0.6);
  const backdrop = mixed(from, to, 0.5);

  const radius = between(...RADIUS);
  const squeeze = between(SQUEEZE, 1);
  const upright = shapeContours(shape, radius, radius * squeeze, between(0, 2 * Math.PI));
  const [left, top, right, bottom] = bounds(upright);
  const x = between(MARGIN - left, 1 - MARGIN - right);
  const y = between(MARGIN - top, 1 - MARGIN - bottom);
  const contours = upright.map((contour) => moved(contour, x, y));

  const layers: Layer[] = [];
  for (let count = 2 + random.integer(4); count > 0; count--) {
    const clutter = blob(between(0, 1), between(0, 1), between(0.05, 0.2), between(0, 6.3), between(0, 6.3));
    const paint = drawPaint(random, mixed(backdrop, randomColour(random), 0.35), 0.3);
    layers.push({ contours: [clutter], paint, opacity: between(0.4, 0.9) });
  }
  for (let count = 2 + random.integer(5); count > 0; count--) {
    const stroke = bar(between(0, 1), between(0, 1), between(0.2, 0.9), between(0.008, 0.03), between(0, Math.PI));
    const paint = drawPaint(random, mixed(backdrop, randomColour(random), 0.6), 0);
    layers.push({ contours: [stroke], paint, opacity: between(0.5, 1) });
  }
  layers.push({ contours, paint: drawPaint(random, shapeColour(random, backdrop), 0.35), opacity: 1 });
  if (random.uniform() < OCCLUDED) layers.push(drawOccluder(random, x, y, radius, backdrop));

  return {
    shape,
    box: bounds(contours),
    background: { from, to, angle: between(0, 2 * Math.PI), paint: drawPaint(random, [0, 0, 0], 0.12) },
    noise: [drawNoise(random, 4, between(10, 30)), drawNoise(random, 14, between(4, 18))],
    layers,
    grain: between(3, 12),
    grainSeed: random.integer(2 ** 32),
  };
}

/** Something over the shape: a bar across its edge that hides a part, never the middle. */
function drawOccluder(random: Random, x: number, y: number, radius: number, backdrop: Colour): Layer {
  const direction = 2 * Math.PI * random.uniform();
  const distance = radius * (0.5 + 0.35 * random.uniform());
  const width = radius * (0.25 + 0.25 * random.uniform());
  const tilt = direction + Math.PI / 2 + 0.8 * (random.uniform() - 0.5);
  const contour = bar(
    x + distance * Math.cos(direction),
    y + distance * Math.sin(direction),
    2.4 * radius,
    width,
    tilt,
  );
  return { contours: [contour], paint: drawPaint(random, mixed(backdrop, randomColour(random), 0.5), 0.2), opacity: 1 };
}

/** @param difference how far the second colour is from the first, in [0, 1]. */
function drawPaint(random: Random, first: Colour, difference: number): Paint {
  const patterns = ['plain', 'plain', 'stripes', 'checks', 'dots'] as const;
  const pattern = patterns[random.integer(patterns.length)]!;
  const dark = first[0] + first[1] + first[2] < 1.5;
  const second = mixed(first, dark ? [1, 1, 1] : [0, 0, 0], difference);
  const period = 0.05 + 0.08 * random.uniform();
  return { pattern, first, second, period, angle: Math.PI * random.uniform(), phase: random.uniform() };
}

/** A colour that stands out from the backdrop. */
function shapeColour(random: Random, backdrop: Colour): Colour {
  let best = randomColour(random);
  for (let attempt = 1; attempt < 12 && contrast(best, backdrop) < CONTRAST; attempt++) {
    const other = randomColour(random);
    if (contrast(other, backdrop) > contrast(best, backdrop)) best = other;
  }
  return best;
}

function drawNoise(random: Random, cells: number, amplitude: number): Noise {
  const lattice = Float32Array.from({ length: (cells + 1) ** 2 }, () => 2 * random.uniform() - 1);
  return { cells, amplitude, lattice };
}
