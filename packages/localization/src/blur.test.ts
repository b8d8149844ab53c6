import { describe, expect, it } from 'vitest';
import { blurPixels } from './blur.js';

const SIZE = 9;
const at = (x: number, y: number, channel = 0) => (y * SIZE + x) * 3 + channel;

describe('blurPixels', () => {
  it('leaves an even picture as it is, up to its edges', () => {
    const even = new Uint8Array(SIZE * SIZE * 3).map((_, i) => [10, 128, 250][i % 3]!);
    expect(blurPixels(even, SIZE, 2)).toEqual(even);
  });

  it('by hand: a bright pixel becomes the product of two Gaussians', () => {
    const pixels = new Uint8Array(SIZE * SIZE * 3);
    pixels[at(4, 4, 1)] = 255;
    const blurred = blurPixels(pixels, SIZE, 1);
    const g = [0, 1, 2, 3].map((d) => Math.exp(-(d * d) / 2));
    const sum = g[0]! + 2 * (g[1]! + g[2]! + g[3]!);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [dx, dy] = [Math.abs(x - 4), Math.abs(y - 4)];
        const expected = (255 * (g[dx] ?? 0) * (g[dy] ?? 0)) / sum ** 2;
        expect(Math.abs(blurred[at(x, y, 1)]! - expected)).toBeLessThanOrEqual(0.51);
        expect(blurred[at(x, y, 0)]).toBe(0);
      }
    }
  });

  it('goes on with the last pixel beyond the edges', () => {
    const pixels = new Uint8Array(SIZE * SIZE * 3);
    for (let y = 0; y < SIZE; y++) pixels.fill(200, at(0, y), at(5, y));
    const row = Array.from({ length: SIZE }, (_, x) => blurPixels(pixels, SIZE, 0.5)[at(x, 0)]!);
    expect(row.slice(0, 3)).toEqual([200, 200, 200]);
    expect(row.slice(7)).toEqual([0, 0]);
    expect(row[4]).toBeGreaterThan(100);
    expect(row[5]).toBeLessThan(100);
  });
});
