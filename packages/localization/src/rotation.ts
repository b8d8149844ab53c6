/** A picture turned about its middle, and the box around the turned object. */
import type { Crop } from './crop.js';
import type { Box } from './dataset.js';
import { FILL } from './letterbox.js';

export interface Rotation {
  /** Clockwise, in radians. */
  readonly angle: number;
  /** Width over height of the picture before it became a square: a stretched picture is turned as the original would be. */
  readonly aspect: number;
}

/** Less than this share of the turned box inside the picture, and the picture is not turned. */
const LEAST_INSIDE = 0.5;

/**
 * The upright box around the turned one, in unit coordinates, cut at the edges; undefined if too little of it is inside.
 *
 * With (u, v) from the middle of the picture: `u' = cos u - sin v / aspect`, `v' = sin aspect u + cos v`.
 */
export function rotateBox([x1, y1, x2, y2]: Box, { angle, aspect }: Rotation): Box | undefined {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corners = [x1, x2].flatMap((x) => [y1, y2].map((y) => [x - 0.5, y - 0.5] as const));
  const us = corners.map(([u, v]) => 0.5 + cos * u - (sin * v) / aspect);
  const vs = corners.map(([u, v]) => 0.5 + sin * aspect * u + cos * v);
  const whole = [Math.min(...us), Math.min(...vs), Math.max(...us), Math.max(...vs)] as const;
  const cut = whole.map((value) => Math.min(1, Math.max(0, value))) as unknown as Box;
  return area(cut) >= LEAST_INSIDE * area(whole) ? cut : undefined;
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}

/**
 * Turns, then takes a part stretched to `size` x `size`, in one bilinear step, so that the pixels are smoothed once only. What
 * lay outside the picture is `FILL`.
 */
export function rotatePixels(pixels: Uint8Array, size: number, { angle, aspect }: Rotation, crop: Crop): Uint8Array {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const out = new Uint8Array(pixels.length);
  let to = 0;
  for (let row = 0; row < size; row++) {
    const v = crop.top + ((row + 0.5) / size) * crop.height - 0.5;
    for (let column = 0; column < size; column++, to += 3) {
      const u = crop.left + ((column + 0.5) / size) * crop.width - 0.5;
      // The inverse of the map of `rotateBox`.
      const x = (0.5 + cos * u + (sin * v) / aspect) * size;
      const y = (0.5 - sin * aspect * u + cos * v) * size;
      if (x < 0 || x > size || y < 0 || y > size) out.set(FILL, to);
      else interpolateAt(pixels, size, x - 0.5, y - 0.5, out, to);
    }
  }
  return out;
}

/** @param x from the middle of the first pixel, y likewise. */
function interpolateAt(pixels: Uint8Array, size: number, x: number, y: number, out: Uint8Array, to: number): void {
  const column = Math.min(size - 1, Math.max(0, x));
  const row = Math.min(size - 1, Math.max(0, y));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const [shareX, shareY] = [column - left, row - top];
  const a = (top * size + left) * 3;
  const right = left < size - 1 ? 3 : 0;
  const below = top < size - 1 ? size * 3 : 0;
  for (let channel = 0; channel < 3; channel++) {
    const at = a + channel;
    const upper = pixels[at]! + (pixels[at + right]! - pixels[at]!) * shareX;
    const lower = pixels[at + below]! + (pixels[at + below + right]! - pixels[at + below]!) * shareX;
    out[to + channel] = Math.round(upper + (lower - upper) * shareY);
  }
}
