import { Random } from '@counterpoise/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropBox, cropPixels, drawCrop, WHOLE } from './crop.js';
import type { Box } from './dataset.js';

const boxes = fc
  .tuple(...[0, 1, 2, 3].map(() => fc.double({ min: 0, max: 1, noNaN: true })))
  .filter(([a, b, c, d]) => Math.abs(a! - b!) > 1e-6 && Math.abs(c! - d!) > 1e-6)
  .map(([a, b, c, d]): Box => [Math.min(a!, b!), Math.min(c!, d!), Math.max(a!, b!), Math.max(c!, d!)]);

describe('drawCrop', () => {
  it('keeps the box, stays inside the picture, and is no smaller than asked', () => {
    fc.assert(
      fc.property(boxes, fc.double({ min: 0.05, max: 1, noNaN: true }), fc.integer(), (box, smallest, seed) => {
        const { left, top, width, height } = drawCrop(new Random(seed), smallest, box);
        const slack = 1e-12;
        expect(left).toBeGreaterThanOrEqual(0);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(left + width).toBeLessThanOrEqual(1 + slack);
        expect(top + height).toBeLessThanOrEqual(1 + slack);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(smallest - slack);
        expect(left).toBeLessThanOrEqual(box[0] + slack);
        expect(top).toBeLessThanOrEqual(box[1] + slack);
        expect(left + width).toBeGreaterThanOrEqual(box[2] - slack);
        expect(top + height).toBeGreaterThanOrEqual(box[3] - slack);
      }),
    );
  });

  it('reaches all places: the ends of the range come within a few hundredths', () => {
    const lefts = Array.from({ length: 2000 }, (_, i) => drawCrop(new Random(i), 0.5, [0.4, 0.4, 0.6, 0.6]).left);
    expect(Math.min(...lefts)).toBeLessThan(0.01);
    expect(Math.max(...lefts)).toBeGreaterThan(0.37);
  });

  it('with 1 is the whole picture', () => {
    expect(drawCrop(new Random(3), 1, [0.2, 0.3, 0.4, 0.5])).toEqual(WHOLE);
  });
});

describe('cropBox', () => {
  it('gives the box in units of the part', () => {
    const box = cropBox([0.5, 0.25, 0.75, 0.5], { left: 0.25, top: 0, width: 0.5, height: 0.5 });
    expect(box).toEqual([0.5, 0.5, 1, 1]);
  });
});

describe('cropPixels', () => {
  const size = 4;
  const ramp = Uint8Array.from({ length: size * size * 3 }, (_, i) => 40 * (Math.floor(i / 3) % size));

  it('of the whole changes nothing', () => expect(cropPixels(ramp, size, WHOLE)).toEqual(ramp));

  it('stretches: half of a ramp is a ramp of half the slope', () => {
    const row = [...cropPixels(ramp, size, { left: 0.25, top: 0, width: 0.5, height: 1 })].slice(0, 12);
    expect(row.filter((_, i) => i % 3 === 0)).toEqual([30, 50, 70, 90]);
  });

  it('moves the object where its box says', () => {
    const side = 32;
    const pixels = new Uint8Array(side * side * 3);
    const box: Box = [8 / side, 12 / side, 16 / side, 24 / side];
    for (let y = 12; y < 24; y++)
      for (let x = 8; x < 16; x++) pixels.fill(255, (y * side + x) * 3, (y * side + x) * 3 + 3);
    const crop = drawCrop(new Random(5), 0.5, box);
    const [x1, y1, x2, y2] = cropBox(box, crop).map((value) => value * side) as [number, number, number, number];
    const moved = cropPixels(pixels, side, crop);
    const bright = (x: number, y: number) => moved[(y * side + x) * 3]! > 127;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const margin = Math.min(
          Math.abs(x + 0.5 - x1),
          Math.abs(x + 0.5 - x2),
          Math.abs(y + 0.5 - y1),
          Math.abs(y + 0.5 - y2),
        );
        if (margin < 1) continue;
        expect(bright(x, y)).toBe(x + 0.5 > x1 && x + 0.5 < x2 && y + 0.5 > y1 && y + 0.5 < y2);
      }
    }
  });
});
