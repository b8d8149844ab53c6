import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iou, localizationMetrics } from './metrics.js';

describe('iou', () => {
  it.each([
    [[0, 0, 2, 2], [0, 0, 2, 2], 1],
    [[0, 0, 2, 2], [1, 1, 3, 3], 1 / 7],
    [[0, 0, 4, 4], [1, 1, 3, 3], 4 / 16],
    [[0, 0, 1, 1], [1, 0, 2, 1], 0],
    [[0, 0, 1, 1], [5, 5, 6, 6], 0],
  ])('%j and %j: %f', (a, b, expected) => {
    expect(iou(a, b)).toBeCloseTo(expected, 12);
    expect(iou(b, a)).toBeCloseTo(expected, 12);
  });

  it.each([
    [[1, 1, 1, 1]],
    [[2, 0, 0, 2]],
    [[2, 2, 0, 0]],
    [[Number.NaN, 0, 2, 2]],
    [[0, 0, Number.POSITIVE_INFINITY, 2]],
    [[0, 0, 2]],
  ])('is 0 for the degenerate box %j, also with itself', (box) => {
    expect(iou(box, [0, 0, 2, 2])).toBe(0);
    expect(iou([0, 0, 2, 2], box)).toBe(0);
    expect(iou(box, box)).toBe(0);
  });

  it('is in [0, 1] for any numbers', () => {
    const box = fc.array(fc.double(), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(box, box, (a, b) => {
        const value = iou(a, b);
        return value >= 0 && value <= 1;
      }),
    );
  });

  it('does not change when x and y are scaled', () => {
    const scaled = (box: number[]) => box.map((value, at) => value * (at % 2 ? 3 : 7));
    expect(iou(scaled([0, 0, 4, 5]), scaled([1, 2, 6, 7]))).toBeCloseTo(iou([0, 0, 4, 5], [1, 2, 6, 7]), 12);
  });
});

describe('localizationMetrics', () => {
  it('counts classes, boxes, and both', () => {
    const truth = { label: 1, box: [0, 0, 10, 10] };
    const truths = [truth, truth, truth, truth];
    const metrics = localizationMetrics(
      [
        { label: 1, box: [0, 0, 10, 10] },
        { label: 1, box: [0, 0, 10, 4] },
        { label: 0, box: [0, 0, 10, 5] },
        { label: 1, box: [0, 0, 0, 0] },
      ],
      truths,
    );
    expect(metrics).toEqual({
      images: 4,
      accuracy: 0.75,
      meanIou: (1 + 0.4 + 0.5) / 4,
      boxAccuracy: 0.5,
      localizationAccuracy: 0.25,
    });
  });

  it('counts what is known of a picture, and is NaN where nothing is', () => {
    const box = [0, 0, 10, 10];
    const predictions = [0, 1, 1, 0].map((label) => ({ label, box: [0, 0, 10, 4] }));
    const truths = [
      { label: 0, box },
      { label: 0, box: null },
      { label: null, box: [0, 0, 10, 8] },
      { label: null, box },
    ];
    expect(localizationMetrics(predictions, truths)).toEqual({
      images: 4,
      accuracy: 0.5,
      meanIou: (0.4 + 0.5 + 0.4) / 3,
      boxAccuracy: 1 / 3,
      localizationAccuracy: 0,
    });
    expect(localizationMetrics(predictions.slice(0, 1), [{ label: 0, box: null }])).toEqual({
      images: 1,
      accuracy: 1,
      meanIou: Number.NaN,
      boxAccuracy: Number.NaN,
      localizationAccuracy: Number.NaN,
    });
  });

  it('refuses none and unequal numbers', () => {
    expect(() => localizationMetrics([], [])).toThrow('"truths" must hold at least one picture, got none');
    expect(() => localizationMetrics([], [{ label: 0, box: [0, 0, 1, 1] }])).toThrow(
      /as many as "truths" \(1\), got 0/,
    );
  });
});
