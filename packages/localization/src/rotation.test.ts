import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropBox, WHOLE } from './crop.js';
import type { Box } from './dataset.js';
import { FILL } from './letterbox.js';
import { rotateBox, rotatePixels } from './rotation.js';

const SIZE = 64;
const DEGREE = Math.PI / 180;

/** Black, with a white rectangle of whole pixels. */
function marked([x1, y1, x2, y2]: Box): Uint8Array {
  const pixels = new Uint8Array(SIZE * SIZE * 3);
  for (let y = y1; y < y2; y++) pixels.fill(255, (y * SIZE + x1) * 3, (y * SIZE + x2) * 3);
  return pixels;
}

/** The box around all pixels of at least half the brightness, not counting `FILL`. */
function found(pixels: Uint8Array): Box {
  let [x1, y1, x2, y2] = [SIZE, SIZE, 0, 0];
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      if (pixels[(y * SIZE + x) * 3]! < 128) continue;
      [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
    }
  }
  return [x1, y1, x2, y2];
}

function near(actual: Box | undefined, expected: Box): void {
  expected.forEach((value, i) => {
    expect(actual?.[i]).toBeCloseTo(value, 10);
  });
}

describe('rotateBox', () => {
  it('by hand: 45 degrees about the middle', () => {
    // Half the diagonal of a square of 0.2: 0.1 sqrt 2.
    const d = 0.1 * Math.SQRT2;
    near(rotateBox([0.4, 0.4, 0.6, 0.6], { angle: 45 * DEGREE, aspect: 1 }), [0.5 - d, 0.5 - d, 0.5 + d, 0.5 + d]);
  });

  it('by hand: 30 degrees clockwise in a picture twice as wide as high', () => {
    // In units of the height the middle of the right edge lies at (1, 0) from the middle, then at (cos 30, sin 30).
    const [cos, sin] = [Math.sqrt(3) / 2, 0.5];
    const [u, v] = [0.2, 0.1];
    const across = cos * u + (sin * v) / 2;
    const down = sin * 2 * u + cos * v;
    near(rotateBox([0.3, 0.4, 0.7, 0.6], { angle: 30 * DEGREE, aspect: 2 }), [
      0.5 - across,
      0.5 - down,
      0.5 + across,
      0.5 + down,
    ]);
    // A point to the right of the middle moves down: clockwise, as y grows downwards.
    const [, y1, , y2] = rotateBox([0.8, 0.5, 0.81, 0.501], { angle: 30 * DEGREE, aspect: 1 })!;
    expect((y1 + y2) / 2).toBeGreaterThan(0.6);
  });

  it('cuts at the edges, and gives up what would be mostly outside', () => {
    const cut = rotateBox([0, 0, 1, 1], { angle: 10 * DEGREE, aspect: 1 });
    expect(cut).toEqual([0, 0, 1, 1]);
    expect(rotateBox([0, 0, 0.1, 0.1], { angle: 30 * DEGREE, aspect: 1 })).toBeUndefined();
  });
});

describe('rotatePixels', () => {
  it('without an angle changes nothing', () => {
    const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 31) % 256);
    expect(rotatePixels(pixels, SIZE, { angle: 0, aspect: 1.7 }, WHOLE)).toEqual(pixels);
  });

  it('a quarter turn moves every pixel to its place', () => {
    const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 31) % 256);
    const turned = rotatePixels(pixels, SIZE, { angle: Math.PI / 2, aspect: 1 }, WHOLE);
    for (const [x, y] of [
      [0, 0],
      [5, 9],
      [63, 20],
    ] as const) {
      // Clockwise: the top row becomes the right column.
      const from = (y * SIZE + x) * 3;
      const to = (x * SIZE + (SIZE - 1 - y)) * 3;
      expect([...turned.subarray(to, to + 3)]).toEqual([...pixels.subarray(from, from + 3)]);
    }
  });

  it('fills what was outside', () => {
    const turned = rotatePixels(marked([0, 0, SIZE, SIZE]), SIZE, { angle: 20 * DEGREE, aspect: 1 }, WHOLE);
    expect([...turned.subarray(0, 3)]).toEqual([...FILL]);
    expect(turned[((SIZE / 2) * SIZE + SIZE / 2) * 3]).toBe(255);
  });

  it('the turned box encloses the turned object, tightly, at any angle, shape and crop', () => {
    const side = fc.integer({ min: 6, max: 24 });
    const place = fc.integer({ min: 20, max: 30 });
    const crop = fc.record({
      left: fc.constant(0.05),
      top: fc.constant(0),
      width: fc.constant(0.9),
      height: fc.double({ min: 0.9, max: 1, noNaN: true }),
    });
    const angle = fc.double({ min: -30, max: 30, noNaN: true });
    const aspect = fc.double({ min: 0.7, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(place, place, side, side, angle, aspect, crop, (x, y, width, height, degrees, ratio, part) => {
        const [w, h] = [Math.min(width, 44 - x), Math.min(height, 44 - y)];
        const box: Box = [x, y, x + w, y + h];
        const rotation = { angle: degrees * DEGREE, aspect: ratio };
        const expected = cropBox(rotateBox(box.map((value) => value / SIZE) as unknown as Box, rotation)!, part);
        const actual = found(rotatePixels(marked(box), SIZE, rotation, part));
        // Corners thinner than a pixel are dark: the object's pixels may end two before the box, and never beyond it.
        expected.forEach((value, i) => {
          const beyond = (actual[i]! - value * SIZE) * (i < 2 ? -1 : 1);
          expect(beyond).toBeLessThanOrEqual(0.75);
          expect(beyond).toBeGreaterThan(-3);
        });
      }),
    );
  });
});
