import { describe, expect, it } from 'vitest';
import { fillContours } from './raster.js';
import { bar, blob, bounds, type Contour, moved, SHAPE_NAMES, shapeContours } from './shapes.js';

/** The coverage of every pixel. */
function filled(contours: Contour[], scale: number, size: number): Float32Array {
  const picture = new Float32Array(size * size);
  fillContours(contours, scale, size, (y, from, to, coverage) => {
    for (let x = from; x < to; x++) picture[y * size + x] = coverage[x]!;
  });
  return picture;
}

const area = (picture: Float32Array) => picture.reduce((sum, value) => sum + value, 0);

describe('fillContours', () => {
  it('covers the pixels of a rectangle by their share', () => {
    const rectangle = Float64Array.from([1.25, 1, 3.5, 1, 3.5, 2.5, 1.25, 2.5]);
    const picture = filled([rectangle], 1, 5);
    expect([...picture.subarray(5, 10)]).toEqual([0, 0.75, 1, 0.5, 0]);
    expect([...picture.subarray(10, 15)]).toEqual([0, 0.375, 0.5, 0.25, 0]);
    expect(area(picture)).toBeCloseTo(2.25 * 1.5, 6);
  });

  it('leaves holes by the even-odd rule, whichever way the contours run', () => {
    const square = (half: number) => Float64Array.from([-half, -half, half, -half, half, half, -half, half]);
    const contours = [moved(square(4), 5, 5), moved(square(2), 5, 5)];
    const picture = filled(contours, 1, 10);
    expect(area(picture)).toBeCloseTo(64 - 16, 6);
    expect(picture[5 * 10 + 5]).toBe(0);
  });

  it('cuts what lies outside the picture', () => {
    expect(area(filled([bar(0, 0, 4, 4, 0)], 1, 6))).toBeCloseTo(4, 6);
    expect(area(filled([bar(50, 50, 4, 4, 0)], 1, 6))).toBe(0);
    expect(area(filled([bar(3, 3, 100, 100, 0.3)], 1, 6))).toBeCloseTo(36, 5);
  });

  it('agrees with the area of every shape, at any angle', () => {
    for (const name of SHAPE_NAMES) {
      for (const angle of [0, 0.4, 2.2, 5]) {
        const contours = shapeContours(name, 0.4, 0.3, angle).map((contour) => moved(contour, 0.5, 0.5));
        const exact = Math.abs(contours.reduce((sum, contour, at) => sum + (at ? -1 : 1) * shoelace(contour), 0));
        // Upright edges fall between two of the four scan lines: up to an eighth of a pixel along each.
        expect(Math.abs(area(filled(contours, 80, 80)) / 80 ** 2 - exact)).toBeLessThan(0.002);
      }
    }
  });
});

describe('shapes', () => {
  it('have tight bounds: pixels at each side are covered, none outside', () => {
    for (const name of SHAPE_NAMES) {
      const contours = shapeContours(name, 0.35, 0.25, 1.1).map((contour) => moved(contour, 0.5, 0.45));
      const box = bounds(contours).map((value) => value * 200);
      const picture = filled(contours, 200, 200);
      const covered = [...picture.keys()].filter((at) => picture[at]! > 0);
      const xs = covered.map((at) => at % 200);
      const ys = covered.map((at) => Math.floor(at / 200));
      const found = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
      found.forEach((value, at) => {
        expect(Math.abs(value - box[at]!)).toBeLessThanOrEqual(1.5);
      });
    }
  });

  it('blobs stay within 1.55 of their radius', () => {
    const [x1, y1, x2, y2] = bounds([blob(0, 0, 1, 0.3, 2)]);
    for (const value of [x1, y1, x2, y2]) expect(Math.abs(value)).toBeLessThanOrEqual(1.55);
  });
});

function shoelace(contour: Contour): number {
  let twice = 0;
  for (let at = 0; at < contour.length; at += 2) {
    const next = (at + 2) % contour.length;
    twice += contour[at]! * contour[next + 1]! - contour[next]! * contour[at + 1]!;
  }
  return Math.abs(twice / 2);
}
