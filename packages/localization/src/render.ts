/** Generated scenes to pixels. */
import { fillContours } from './raster.js';
import type { Layer, Noise, Paint, Scene } from './scene.js';

/** Renders a scene at `size` x `size` pixels: RGB bytes, row by row. The same scene and size give the same bytes. */
export function renderScene(scene: Scene, size: number): Uint8Array {
  // 0 to 255 with fractions; limited and rounded at the very end.
  const canvas = new Float32Array(size * size * 3);
  paintBackground(scene, canvas, size);
  for (const layer of scene.layers) paintLayer(layer, canvas, size);
  return developed(canvas, scene.grain, scene.grainSeed);
}

function paintBackground(scene: Scene, canvas: Float32Array, size: number): void {
  const { from, to, angle, paint } = scene.background;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const pattern = patternOf(paint);
  const strength = 255 * paint.second[0];
  const noise = noiseField(scene.noise, size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = (x + 0.5) / size;
      const v = (y + 0.5) / size;
      // |cos| / 2 + |sin| / 2 <= 0.71, so this stays in [0, 1].
      const share = 0.5 + 0.7 * (cos * (u - 0.5) + sin * (v - 0.5));
      const light = noise[y * size + x]! + strength * (pattern(u, v) - 0.5);
      const at = (y * size + x) * 3;
      canvas[at] = 255 * (from[0] + share * (to[0] - from[0])) + light;
      canvas[at + 1] = 255 * (from[1] + share * (to[1] - from[1])) + light;
      canvas[at + 2] = 255 * (from[2] + share * (to[2] - from[2])) + light;
    }
  }
}

function paintLayer({ contours, paint, opacity }: Layer, canvas: Float32Array, size: number): void {
  const pattern = patternOf(paint);
  const { first, second } = paint;
  fillContours(contours, size, size, (y, from, to, coverage) => {
    for (let x = from; x < to; x++) {
      const cover = opacity * coverage[x]!;
      if (cover === 0) continue;
      const share = pattern((x + 0.5) / size, (y + 0.5) / size);
      const at = (y * size + x) * 3;
      canvas[at]! += cover * (255 * (first[0] + share * (second[0] - first[0])) - canvas[at]!);
      canvas[at + 1]! += cover * (255 * (first[1] + share * (second[1] - first[1])) - canvas[at + 1]!);
      canvas[at + 2]! += cover * (255 * (first[2] + share * (second[2] - first[2])) - canvas[at + 2]!);
    }
  });
}

/** The share of the second colour at (u, v), in [0, 1]; soft edges, so that small renderings do not shimmer. */
function patternOf({ pattern, period, angle, phase }: Paint): (u: number, v: number) => number {
  const [cos, sin] = [Math.cos(angle) / period, Math.sin(angle) / period];
  const across = (u: number, v: number) => wave(cos * u + sin * v + phase);
  const along = (u: number, v: number) => wave(cos * v - sin * u + phase);
  switch (pattern) {
    case 'plain':
      return () => 0;
    case 'stripes':
      return across;
    case 'checks':
      return (u, v) => {
        const a = across(u, v);
        const b = along(u, v);
        return a + b - 2 * a * b;
      };
    case 'dots':
      return (u, v) => across(u, v) * along(u, v);
  }
}

/** A trapezoid of period 1 in [0, 1]. */
function wave(t: number): number {
  const triangle = Math.abs(2 * (t - Math.floor(t)) - 1);
  return Math.min(1, Math.max(0, 2.5 * triangle - 0.75));
}

/** Sum of the octaves at every pixel: bilinear between lattice points, with smoothstep weights. */
function noiseField(octaves: readonly Noise[], size: number): Float32Array {
  const field = new Float32Array(size * size);
  for (const { cells, amplitude, lattice } of octaves) {
    const cell = new Int32Array(size);
    const weight = new Float32Array(size);
    for (let x = 0; x < size; x++) {
      const position = ((x + 0.5) / size) * cells;
      cell[x] = Math.floor(position);
      const t = position - cell[x]!;
      weight[x] = t * t * (3 - 2 * t);
    }
    const line = new Float32Array(cells + 1);
    for (let y = 0; y < size; y++) {
      const above = cell[y]! * (cells + 1);
      for (let at = 0; at <= cells; at++) {
        const upper = lattice[above + at]!;
        line[at] = amplitude * (upper + weight[y]! * (lattice[above + cells + 1 + at]! - upper));
      }
      for (let x = 0; x < size; x++) {
        const left = line[cell[x]!]!;
        field[y * size + x]! += left + weight[x]! * (line[cell[x]! + 1]! - left);
      }
    }
  }
  return field;
}

/** Adds the grain, limits and rounds. */
function developed(canvas: Float32Array, grain: number, seed: number): Uint8Array {
  // Clamped arrays limit and round by themselves.
  const pixels = new Uint8ClampedArray(canvas.length);
  // Marsaglia's xorshift32 ("Xorshift RNGs", 2003): a hundred thousand cheap draws per picture. Zero would stay zero.
  let state = seed | 0 || 1;
  // The sum of two uniforms in [-1, 1) has variance 2/3.
  const amplitude = grain * Math.sqrt(3 / 2) * 2 ** -15;
  for (let at = 0; at < canvas.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const noise = ((state << 16) >> 16) + (state >> 16);
    pixels[at] = canvas[at]! + amplitude * noise;
  }
  return new Uint8Array(pixels.buffer);
}
