import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { drawErasure, erasePixels } from './erase.js';

const BOX = [0.3, 0.3, 0.7, 0.6] as const;

describe('drawErasure', () => {
  const drawn = Array.from({ length: 1000 }, (_, seed) => drawErasure(new Random(seed), 1, BOX)).filter(
    (e) => e !== null,
  );

  it('stays inside the picture and within its areas', () => {
    for (const { left, top, width, height } of drawn) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(1 + 1e-12);
      expect(width * height).toBeGreaterThan(0.0199);
      expect(width * height).toBeLessThan(0.2001);
    }
  });

  it('never hides more than half of the object', () => {
    const shares = drawn.map(({ left, top, width, height }) => {
      const across = Math.max(0, Math.min(0.7, left + width) - Math.max(0.3, left));
      return (across * Math.max(0, Math.min(0.6, top + height) - Math.max(0.3, top))) / 0.12;
    });
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.5 + 1e-12);
    expect(Math.max(...shares)).toBeGreaterThan(0.4);
    expect(drawn.length).toBeGreaterThan(700);
    expect(drawn.length).toBeLessThan(1000);
  });

  it('happens as often as asked, and is the same rectangle at any probability', () => {
    const often = (probability: number) =>
      Array.from({ length: 1000 }, (_, seed) => drawErasure(new Random(seed), probability, [0.9, 0.9, 1, 1]));
    expect(often(0).every((erasure) => erasure === null)).toBe(true);
    const some = often(0.25);
    const all = often(1);
    expect(some.filter(Boolean).length).toBeGreaterThan(180);
    expect(some.filter(Boolean).length).toBeLessThan(300);
    some.forEach((erasure, i) => {
      if (erasure) expect(erasure).toEqual(all[i]);
    });
  });
});

it('erasePixels sets a rectangle of all three planes to 0 and nothing else', () => {
  const planes = new Float32Array(2 + 3 * 16).fill(5);
  erasePixels(planes, 2, 4, { left: 0.25, top: 0.5, width: 0.5, height: 0.25 });
  const zeros = [...planes.entries()].flatMap(([at, value]) => (value === 0 ? [at - 2] : []));
  expect(zeros).toEqual([9, 10, 16 + 9, 16 + 10, 32 + 9, 32 + 10]);
});
