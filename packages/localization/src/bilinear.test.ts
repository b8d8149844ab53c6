import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { interpolate, samples } from './bilinear.js';

const [WIDTH, HEIGHT] = [13, 9];
const random = new Random(4);
const PIXELS = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, () => random.integer(256));

/** Straight from the definition: the four pixels round a place, each by the area opposite to it. */
function at(x: number, y: number, channel: number): number {
  const clamped = [Math.min(WIDTH - 1, Math.max(0, x)), Math.min(HEIGHT - 1, Math.max(0, y))] as const;
  let sum = 0;
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const weight = Math.max(0, 1 - Math.abs(column - clamped[0])) * Math.max(0, 1 - Math.abs(row - clamped[1]));
      sum += weight * PIXELS[(row * WIDTH + column) * 3 + channel]!;
    }
  }
  return sum;
}

describe('interpolate', () => {
  it.each([
    ['larger', 40, 31, 0, 1, 0, 1],
    ['a part, larger', 20, 20, 0.31, 0.42, 0.13, 0.66],
    ['smaller', 5, 4, 0, 1, 0, 1],
    ['rows that skip some of the source', 13, 2, 0.05, 0.9, 0.1, 0.8],
    ['of one pixel', 1, 1, 0.2, 0.1, 0.7, 0.1],
  ])('%s: every pixel is what the definition says', (_, columns, rows, left, width, top, height) => {
    const out = interpolate(PIXELS, WIDTH, samples(columns, WIDTH, left, width), samples(rows, HEIGHT, top, height));
    expect(out).toHaveLength(columns * rows * 3);
    out.forEach((value, index) => {
      const [column, row] = [Math.floor(index / 3) % columns, Math.floor(index / 3 / columns)];
      const x = (left + ((column + 0.5) / columns) * width) * WIDTH - 0.5;
      const y = (top + ((row + 0.5) / rows) * height) * HEIGHT - 0.5;
      expect(Math.abs(value - at(x, y, index % 3))).toBeLessThan(0.5 + 1e-9);
    });
  });

  it('of the same size changes nothing', () => {
    expect(interpolate(PIXELS, WIDTH, samples(WIDTH, WIDTH), samples(HEIGHT, HEIGHT))).toEqual(PIXELS);
  });
});
