import { describe, expect, it } from 'vitest';
import { gapOf } from './gap.js';
import { mean, meanInterval, median, medianInterval, quantile, successiveDeviation } from './statistics.js';

const sequence = (n: number) => Array.from({ length: n }, (_, at) => at + 1);

describe('statistics', () => {
  it('quantiles lie between the order statistics and skip NaN', () => {
    expect(median([3, Number.NaN, 1, 2])).toBe(2);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('the interval of the median has the binomial ranks', () => {
    // n = 50: ranks 50 / 2 -+ 1.96 sqrt(50) / 2, the 19th and the 32nd.
    expect(medianInterval(sequence(50))).toEqual([19, 32]);
    expect(medianInterval(sequence(7))).toEqual([1, 7]);
    expect(medianInterval(sequence(8))).toEqual([2, 7]);
  });

  it('the mean and the deviation of numbers near the largest there are do not overflow', () => {
    expect(mean([1.5e308, 1.7e308, Number.NaN]) / 1.6e308).toBeCloseTo(1, 12);
    expect(successiveDeviation([1e308, -1e308, 1e308]) / 1e308).toBeCloseTo(Math.SQRT2, 12);
  });

  it('the interval of the mean is 1.96 standard errors to each side', () => {
    const [low, high] = meanInterval([1, 2, 3, 4, 5]);
    expect(low).toBeCloseTo(3 - 1.96 * Math.sqrt(2.5 / 5), 12);
    expect(high).toBeCloseTo(3 + 1.96 * Math.sqrt(2.5 / 5), 12);
  });

  it('a falling loss is no noise, alternation is', () => {
    const falling = sequence(1000).map((step) => 1 + 1 / step ** 0.01);
    expect(successiveDeviation(falling)).toBeLessThan(1e-3);
    // x = -+1: differences 2, so sqrt(4 / 2).
    expect(successiveDeviation([1, -1, 1, -1])).toBeCloseTo(Math.SQRT2, 12);
  });
});

describe('gapOf', () => {
  it('is the median of the ratios in the same step', () => {
    const gap = gapOf(
      ['a', 'b'],
      [
        [1, 2, 4],
        [100, 100, 100],
      ],
    );
    expect(gap).toMatchObject({ larger: 'b', smaller: 'a', steps: 3 });
    expect(gap!.ratio).toBeCloseTo(50, 12);
  });

  it('is the same whichever comes first, also of equals', () => {
    const [a, b] = [
      [1, 3, 2],
      [1, 3, 2],
    ];
    expect(gapOf(['a', 'b'], [a, b])).toEqual(gapOf(['b', 'a'], [b, a]));
  });

  it('is null where there are no two sizes in the same step', () => {
    expect(gapOf(['a'], [[1]])).toBeNull();
    expect(
      gapOf(
        ['a', 'b'],
        [
          [0, 0],
          [1, 1],
        ],
      ),
    ).toBeNull();
    expect(
      gapOf(
        ['a', 'b'],
        [
          [1, Number.NaN],
          [Number.NaN, 1],
        ],
      ),
    ).toBeNull();
  });
});
