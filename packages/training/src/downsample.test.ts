import { describe, expect, it } from 'vitest';
import { downsample } from './downsample.js';

const points = (count: number, y: (x: number) => number) => Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));

describe('downsample', () => {
  it('leaves short series alone', () => {
    const few = points(100, Math.sin);
    expect(downsample(few, 100)).toBe(few);
  });

  it('keeps the ends, every single-step peak, and the order', () => {
    const many = points(100_000, (x) => (x === 54_321 ? 99 : x === 7 ? -99 : Math.sin(x / 1000)));
    const kept = downsample(many, 1200);
    expect(kept.length).toBeLessThanOrEqual(1500);
    expect(kept.length).toBeGreaterThan(600);
    expect([kept[0], kept.at(-1)]).toEqual([many[0], many.at(-1)]);
    expect(kept).toContain(many[54_321]);
    expect(kept).toContain(many[7]);
    expect(kept.every((point, at) => at === 0 || point.x > kept[at - 1]!.x)).toBe(true);
  });

  it('keeps a gap of one step, and takes a series of gaps', () => {
    const gap = downsample(
      points(10_000, (x) => (x === 5005 ? Number.NaN : 1)),
      100,
    );
    expect(gap.filter((point) => Number.isNaN(point.y)).map((point) => point.x)).toEqual([5005]);
    expect(
      downsample(
        points(10_000, () => Number.NaN),
        100,
      ).length,
    ).toBeGreaterThan(0);
  });
});
