import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from './dataset.js';
import { boxFromFrame, boxInFrame, contentOf, FILL, frameOf, padToSquare } from './letterbox.js';

describe('contentOf and frameOf', () => {
  it('by hand: 640 x 480 in 64', () => {
    expect(contentOf('letterbox', 640, 480, 64)).toEqual({ left: 0, top: 8, width: 64, height: 48 });
    expect(frameOf('letterbox', 640, 480, 64)).toEqual({ width: 640, height: 640, left: 0, top: 80 });
  });

  it('by hand: where the side must be rounded, the frame says so', () => {
    // 333 * 64 / 500 = 42.6 becomes 43 rows, 10 above and 11 below: the frame is 64 / 43 of the height.
    expect(contentOf('letterbox', 500, 333, 64)).toEqual({ left: 0, top: 10, width: 64, height: 43 });
    const { height, top } = frameOf('letterbox', 500, 333, 64);
    expect(height).toBeCloseTo((64 * 333) / 43, 10);
    expect(top).toBeCloseTo((10 * 333) / 43, 10);
  });

  it('stretched, the frame is the picture', () => {
    expect(contentOf('stretch', 500, 333, 48)).toEqual({ left: 0, top: 0, width: 48, height: 48 });
    expect(frameOf('stretch', 500, 333, 48)).toEqual({ width: 500, height: 333, left: 0, top: 0 });
  });

  it('keeps a pixel of the thinnest picture', () => {
    expect(contentOf('letterbox', 10_000, 1, 64)).toEqual({ left: 0, top: 31, width: 64, height: 1 });
  });
});

it('a box comes back exactly from any shape and size', () => {
  const side = fc.integer({ min: 1, max: 5000 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const resize = fc.constantFrom('stretch' as const, 'letterbox' as const);
  const cases = [side, side, fc.integer({ min: 16, max: 512 }), share, share, share, share, resize] as const;
  fc.assert(
    fc.property(...cases, (width, height, size, a, b, c, d, how) => {
      const box: Box = [
        Math.min(a, b) * width,
        Math.min(c, d) * height,
        Math.max(a, b) * width,
        Math.max(c, d) * height,
      ];
      const frame = frameOf(how, width, height, size);
      const [x1, y1, x2, y2] = boxInFrame(box, frame);
      const unit: Box = [x1 / frame.width, y1 / frame.height, x2 / frame.width, y2 / frame.height];
      for (const value of unit) expect(value >= 0 && value <= 1 + 1e-12).toBe(true);
      boxFromFrame(unit, frame, { width, height }).forEach((value, i) => {
        expect(Math.abs(value - box[i]!)).toBeLessThan(1e-8 * Math.max(width, height));
      });
    }),
  );
});

it('cuts what a network says of the bars', () => {
  const frame = frameOf('letterbox', 640, 480, 64);
  expect(boxFromFrame([0, 0, 1, 1], frame, { width: 640, height: 480 })).toEqual([0, 0, 640, 480]);
  expect(boxFromFrame([-0.5, 0.25, 0.5, 1.5], frame, { width: 640, height: 480 })).toEqual([0, 80, 320, 480]);
});

it('pads with the mean colour', () => {
  const content = contentOf('letterbox', 2, 4, 4);
  expect(content).toEqual({ left: 1, top: 0, width: 2, height: 4 });
  const square = padToSquare(new Uint8Array(2 * 4 * 3).fill(255), content, 4);
  for (let y = 0; y < 4; y++) {
    const row = [...square.subarray(y * 12, y * 12 + 12)];
    expect(row).toEqual([...FILL, 255, 255, 255, 255, 255, 255, ...FILL]);
  }
});
