import { describe, expect, it } from 'vitest';
import { checkMeasurements, type Measurement } from './measurement.js';

const GOOD: Measurement = {
  losses: { a: 1, b: 2 },
  gramian: [
    [4, -3],
    [-3, 9],
  ],
};

describe('checkMeasurements', () => {
  it('reads lengths and cosines from a Gramian', () => {
    const { names, steps } = checkMeasurements([GOOD]);
    expect(names).toEqual(['a', 'b']);
    expect(steps[0]).toMatchObject({
      losses: [1, 2],
      norms: [2, 3],
      cosines: [
        [1, -0.5],
        [-0.5, 1],
      ],
    });
  });

  it('takes the names of later steps in any order, and cosines beside norms', () => {
    const later = {
      losses: { b: 4, a: 3 },
      gradientNorms: { b: 6, a: 5 },
      cosines: [
        [1, 0.5],
        [0.5, 1],
      ],
    };
    const { steps } = checkMeasurements([GOOD, later]);
    expect(steps[1]).toMatchObject({
      losses: [3, 4],
      norms: [5, 6],
      cosines: [
        [1, 0.5],
        [0.5, 1],
      ],
    });
  });

  it('an absent loss has no gradient; a vanished one has no angle', () => {
    const { steps } = checkMeasurements([
      GOOD,
      { ...GOOD, losses: { a: 1 } },
      {
        ...GOOD,
        gramian: [
          [0, 0],
          [0, 9],
        ],
      },
    ]);
    expect(steps[1]).toMatchObject({
      losses: [1, NaN],
      norms: [2, NaN],
      cosines: [
        [1, NaN],
        [NaN, NaN],
      ],
    });
    expect(steps[2]).toMatchObject({
      norms: [0, 3],
      cosines: [
        [NaN, NaN],
        [NaN, 1],
      ],
    });
  });

  it.each<Measurement>([
    { losses: { a: Number.NaN, b: 1 } },
    { losses: { a: 1, b: Number.POSITIVE_INFINITY } },
    { losses: { a: 1, b: 1 }, gradientNorms: { a: Number.NaN } },
    {
      losses: { a: 1, b: 1 },
      gramian: [
        [Number.POSITIVE_INFINITY, 0],
        [0, 1],
      ],
    },
    {
      losses: { a: 1, b: 1 },
      gramian: [
        [1, Number.NaN],
        [Number.NaN, 1],
      ],
    },
  ])('leaves out a step that is not finite: %j', (step) => {
    expect(checkMeasurements([GOOD, step])).toMatchObject({ leftOut: 1, steps: [{ norms: [2, 3] }] });
  });

  const bad: [string, Measurement[], string][] = [
    ['none', [], '"measurements" must hold at least one step, got none'],
    ['no loss', [{ losses: {} }], 'step 1: "losses" must hold at least one loss, got none'],
    ['a stranger', [GOOD, { losses: { c: 1 } }], 'step 2: "losses" has "c", but the losses are a, b'],
    ['a strange norm', [{ losses: { a: 1 }, gradientNorms: { c: 1 } }], 'step 1: "gradientNorms" has "c"'],
    ['a negative norm', [{ losses: { a: 1 }, gradientNorms: { a: -1 } }], 'norm of "a" must be 0 or more, got -1'],
    [
      'a narrow Gramian',
      [{ losses: { a: 1, b: 1 }, gramian: [[1]] }],
      '"gramian" must be 2 x 2, one row per loss (a, b)',
    ],
    [
      'a crooked one',
      [
        {
          losses: { a: 1, b: 1 },
          gramian: [
            [1, 0.5],
            [0.1, 1],
          ],
        },
      ],
      '"gramian" must be a matrix of dot products',
    ],
    [
      'impossible products',
      [
        {
          losses: { a: 1, b: 1 },
          gramian: [
            [1, 2],
            [2, 1],
          ],
        },
      ],
      'but [0][1] is 2 beside 2 and norms 1, 1',
    ],
    ['a negative square', [{ losses: { a: 1 }, gramian: [[-1]] }], '[0][0] is -1'],
    [
      'no cosine',
      [
        {
          losses: { a: 1, b: 1 },
          cosines: [
            [1, 1.2],
            [1.2, 1],
          ],
        },
      ],
      '"cosines" [0][1] must be in [-1, 1], got 1.2',
    ],
  ];
  it.each(bad)('refuses %s', (_, steps, message) => {
    expect(() => checkMeasurements(steps)).toThrow(RangeError);
    expect(() => checkMeasurements(steps)).toThrow(message);
  });

  it('refuses more losses than any training has', () => {
    const losses = Object.fromEntries(Array.from({ length: 65 }, (_, k) => [`loss ${k}`, 1]));
    expect(() => checkMeasurements([{ losses }])).toThrow('at most 64 losses, got 65');
  });

  it('names such as __proto__ are names', () => {
    const losses = JSON.parse('{"__proto__": 1, "constructor": 2}');
    expect(checkMeasurements([{ losses }]).steps[0]!.losses).toEqual([1, 2]);
    expect(Number.isNaN(checkMeasurements([{ losses: { constructor: 1 } }]).steps[0]!.norms[0])).toBe(true);
  });
});
