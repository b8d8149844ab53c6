import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createMethod } from './index.js';
import { descend } from './testing/descend.js';
import { quadratics } from './testing/quadratics.js';
import { distanceToFront, type Point, type Toy } from './testing/toy.js';
import { valley } from './testing/valley.js';
import { VALLEY_DESCENT, valleyOutcomes, valleyToy } from './testing/valley-outcomes.js';

/** Central differences of the losses. */
function slopes(toy: Toy, [x1, x2]: Point): readonly (readonly number[])[] {
  const h = 1e-6;
  const right = [toy.losses([x1 + h, x2]), toy.losses([x1 - h, x2])] as const;
  const up = [toy.losses([x1, x2 + h]), toy.losses([x1, x2 - h])] as const;
  return [0, 1].map((k) => [right, up].map(([after, before]) => (after[k]! - before[k]!) / (2 * h)));
}

describe('the toy of CAGrad, Nash-MTL and FAMO', () => {
  // Double precision, from a second implementation of the authors' program.
  const golden: readonly [start: Point, losses: Point, first: Point, second: Point][] = [
    [
      [-8.5, 7.5],
      [0.655236, 7.900798],
      [-0.02854, 0.000725],
      [-0.073992, 0.008739],
    ],
    [
      [0, 0],
      [0, 0],
      [0, 1.085638],
      [0, 10.856381],
    ],
    [
      [9, 9],
      [0.794395, 6.691495],
      [0.007141, 0.000196],
      [0.249938, 0.001652],
    ],
    [
      [-7.5, -0.5],
      [0.038881, -4.754484],
      [-0.071026, -0.07094],
      [-0.024492, 9.160757],
    ],
    [
      [9, -1],
      [-0.883106, 2.814293],
      [0.018485, 0.75792],
      [1.478775, -2.330037],
    ],
  ];

  test.each(golden)('losses and gradients at %j', (start, losses, first, second) => {
    expect(valleyToy.starts).toContainEqual(start);
    const actual = [...valleyToy.losses(start), ...valleyToy.jacobian(start).flat()];
    const expected = [...losses, ...first, ...second];
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(0.5000001e-6);
    });
  });

  test('the gradients are those of the losses, also where the scales are alike', () => {
    for (const toy of [valleyToy, valley(1)]) {
      for (const x of [
        [-8.5, 7.5],
        [3, 2],
        [-6, 0.4],
        [2, -0.7],
        [5, -8],
      ] satisfies Point[]) {
        const numeric = slopes(toy, x).flat();
        toy
          .jacobian(x)
          .flat()
          .forEach((value, i) => {
            expect(Math.abs(value - numeric[i]!)).toBeLessThan(1e-7);
          });
      }
    }
  });

  test('along the front the gradients oppose each other, and off it they do not', () => {
    const cosine = (x: Point) => {
      const [g1, g2] = valleyToy.jacobian(x);
      return (g1[0] * g2[0] + g1[1] * g2[1]) / (Math.hypot(...g1) * Math.hypot(...g2));
    };
    for (const position of [0.01, 0.2, 0.5, 0.9]) {
      const [x1, x2] = valleyToy.front(position);
      expect(cosine([x1, x2])).toBeLessThan(-1 + 1e-12);
      expect(cosine([x1, x2 + 0.1])).toBeGreaterThan(-1 + 1e-6);
    }
  });

  test.each(valleyOutcomes)('$method ends where it should from each of the five starts', (outcome) => {
    const { method, options, maxNorm, ends } = outcome;
    valleyToy.starts.forEach((start, i) => {
      const end = descend(valleyToy, createMethod(method, options), { ...VALLEY_DESCENT, start, maxNorm });
      const where = `${method} from (${start}) ended at (${end})`;
      const expected = ends[i]!;
      if (expected === null || typeof expected === 'number') {
        expect(distanceToFront(valleyToy, end), where).toBeLessThan(0.1);
        if (expected !== null) expect(Math.abs(end[0] - expected), where).toBeLessThan(0.2);
      } else {
        expect(distanceToFront(valleyToy, end), where).toBeGreaterThan(1);
        expect(Math.hypot(end[0] - expected[0], end[1] - expected[1]), where).toBeLessThan(0.2);
      }
    });
  });

  test('running-max refuses the negative losses by name instead of climbing or giving NaN', () => {
    const walk = () =>
      descend(valleyToy, createMethod('running-max'), { ...VALLEY_DESCENT, steps: 50_000, start: [0, 0] });
    expect(walk).toThrow(/loss "first" must be at least 0 for running-max, got -/);
  });
});

interface Golden {
  readonly problem: string;
  readonly method: string;
  readonly options: Record<string, unknown>;
  readonly learningRate: number;
  readonly start: Point;
  readonly end: Point;
  readonly sensitivity: number;
}

describe('the trajectory problems of TorchJD', () => {
  // By NumPy from the gradients as vectors; see tools/goldens/make_trajectories.py.
  const file = new URL('../goldens/trajectories.json', import.meta.url);
  const { trajectories } = JSON.parse(readFileSync(file, 'utf8')) as { trajectories: readonly Golden[] };

  test.each(quadratics)('$name: the gradients are those of the losses, and the front is where they oppose', (toy) => {
    for (const start of toy.starts) {
      const numeric = slopes(toy, start).flat();
      toy
        .jacobian(start)
        .flat()
        .forEach((value, i) => {
          expect(Math.abs(value - numeric[i]!)).toBeLessThan(1e-6);
        });
    }
    for (const share of [0.1, 0.5, 0.8]) {
      const [g1, g2] = toy.jacobian(toy.front(share));
      for (const i of [0, 1] as const) expect(Math.abs((1 - share) * g1[i] + share * g2[i])).toBeLessThan(1e-12);
    }
  });

  test('there are golden ends for ten methods', () => {
    expect(new Set(trajectories.map(({ method }) => method)).size).toBe(10);
    expect(trajectories.length).toBeGreaterThan(100);
  });

  const groups = new Map(
    trajectories.map(({ problem, method }) => [`${problem} ${method}`, [problem, method] as const]),
  );
  test.each([...groups.values()])('%s: %s ends where the vectors lead', (name, method) => {
    const toy = quadratics.find((candidate) => candidate.name === name)!;
    const rows = trajectories.filter((row) => row.problem === name && row.method === method);
    for (const { options, learningRate, start, end, sensitivity } of rows) {
      expect(toy.starts).toContainEqual(start);
      const descent = { optimizer: 'sgd', steps: toy.steps, learningRate, start } as const;
      const actual = descend(toy, createMethod(method, options), descent);
      const distance = Math.hypot(actual[0] - end[0], actual[1] - end[1]);
      expect(distance, `from (${start}) to (${actual}), not (${end})`).toBeLessThan(1e-9 * Math.max(1, sensitivity));
    }
  });
});
