import { constant, gradients, Input, sum, type Tensor } from '@counterpoise/engine';
import { describe, expect, test } from 'vitest';
import { finiteDifferences, relativeError } from '../../engine/src/testing/finite-differences.js';
import { interpret } from '../../engine/src/testing/interpreter.js';
import { runOnRuntime } from '../../engine/src/testing/on-runtime.js';
import { completeBoxIouLoss, distanceBoxIouLoss, generalizedBoxIouLoss } from './iou-losses.js';
import { iou } from './metrics.js';

type Box = readonly [number, number, number, number];

const LOSSES = { giou: generalizedBoxIouLoss, diou: distanceBoxIouLoss, ciou: completeBoxIouLoss };
const NAMES = ['giou', 'diou', 'ciou'] as const;

/** The losses of some predictions against as many truths, and the gradients of their sum. */
function graphOf(
  loss: (predicted: Tensor, targets: Tensor) => Tensor,
  predicted: readonly Box[],
  truths: readonly Box[],
) {
  const boxes = new Input('boxes', [predicted.length, 4]);
  const losses = loss(boxes, constant(truths.flat(), [truths.length, 4]));
  const [slopes] = gradients(sum(losses), [boxes]);
  return { boxes, losses, slopes: slopes!, feeds: new Map([[boxes, predicted.flat()]]) };
}

test('by hand: two squares that share a quarter', () => {
  const [predicted, truth]: [Box, Box] = [
    [0, 0, 0.5, 0.5],
    [0.25, 0.25, 0.75, 0.75],
  ];
  const value = (name: (typeof NAMES)[number]) => {
    const { losses, feeds } = graphOf(LOSSES[name], [predicted], [truth]);
    return interpret([losses], feeds)[0]![0]!;
  };
  // Intersection 1/16, union 7/16, enclosing square 9/16 with diagonal^2 18/16; the centres are sqrt(2) / 4 apart.
  expect(value('giou')).toBeCloseTo(1 - 1 / 7 + 2 / 9, 6);
  expect(value('diou')).toBeCloseTo(1 - 1 / 7 + 1 / 9, 6);
  // Both are squares.
  expect(value('ciou')).toBeCloseTo(1 - 1 / 7 + 1 / 9, 6);
});

describe('gradients against central differences in float64', () => {
  // No sides in common: there the losses have a kink, and the goldens say what is right.
  const predicted: Box[] = [
    [0.1, 0.2, 0.5, 0.7],
    [0.05, 0.1, 0.25, 0.3],
    [0.3, 0.35, 0.4, 0.6],
    [0.02, 0.03, 0.97, 0.9],
  ];
  const truths: Box[] = [
    [0.2, 0.3, 0.8, 0.6],
    [0.6, 0.5, 0.9, 0.95],
    [0.15, 0.1, 0.85, 0.75],
    [0.4, 0.3, 0.55, 0.8],
  ];
  const one = constant([1, 1, 1, 1]);
  const differences = (name: 'giou' | 'diou') => {
    const { boxes, losses, feeds } = graphOf(LOSSES[name], predicted, truths);
    return finiteDifferences(losses, one, boxes, new Map<Tensor, ArrayLike<number>>([...feeds, [one, [1, 1, 1, 1]]]));
  };

  test.each(['giou', 'diou'] as const)('%s', (name) => {
    const { slopes, feeds } = graphOf(LOSSES[name], predicted, truths);
    expect(relativeError(interpret([slopes], feeds)[0]!, differences(name))).toBeLessThan(1e-6);
  });

  test('ciou, whose alpha is a constant', () => {
    /** v and alpha straight from the paper; only v depends on the moved box. */
    const vOf = ([x1, y1, x2, y2]: readonly number[], [u1, v1, u2, v2]: Box) =>
      (4 / Math.PI ** 2) * (Math.atan2(u2 - u1, v2 - v1) - Math.atan2(x2! - x1!, y2! - y1!)) ** 2;
    const h = 1e-6;
    const ofShape = predicted.flatMap((box, at) => {
      const truth = truths[at]!;
      const v = vOf(box, truth);
      const alpha = v / (1 - iou(box, truth) + v);
      return box.map(
        (side, i) => (alpha * (vOf(box.with(i, side + h), truth) - vOf(box.with(i, side - h), truth))) / (2 * h),
      );
    });
    const expected = differences('diou').map((slope, i) => slope + ofShape[i]!);
    const { slopes, feeds } = graphOf(completeBoxIouLoss, predicted, truths);
    expect(relativeError(interpret([slopes], feeds)[0]!, expected)).toBeLessThan(1e-5);
    // The shape does have a say.
    expect(relativeError(ofShape, new Float64Array(16))).toBeGreaterThan(0.1);
  });
});

describe('boxes at the limit give finite losses and gradients, in float32', () => {
  const truth: Box = [0.25, 0.25, 0.75, 0.5];
  const cases: Record<string, Box> = {
    identical: truth,
    'a point inside': [0.5, 0.3, 0.5, 0.3],
    'a point outside': [0, 0, 0, 0],
    'no height': [0.3, 0.4, 0.6, 0.4],
    'no width': [0.3, 0.3, 0.3, 0.45],
    'a width of the smallest float32': [0.3, 0.3, 0.3 + 1e-45, 0.45],
    'far outside': [1e6, 1e6, 2e6, 3e6],
    touching: [0.75, 0.5, 1, 1],
  };
  const names = Object.keys(cases);

  test.each(NAMES)('%s', async (name) => {
    const { losses, slopes, feeds } = graphOf(
      LOSSES[name],
      Object.values(cases),
      names.map(() => truth),
    );
    const [values, gradient] = await runOnRuntime([losses, slopes], feeds);
    for (const [at, label] of names.entries()) {
      expect([label, values![at]]).toEqual([label, expect.toSatisfy((loss: number) => loss >= 0 && loss < 3)]);
      const sides = [...gradient!.subarray(at * 4, at * 4 + 4)];
      expect([label, sides.every(Number.isFinite)]).toEqual([label, true]);
    }
    expect(values![0]).toBeLessThan(1e-5);
  });

  test('a box without area is still drawn to the truth', async () => {
    for (const name of NAMES) {
      const { slopes, feeds } = graphOf(LOSSES[name], [[0.05, 0.1, 0.05, 0.1]], [truth]);
      const [[x1, y1, x2, y2]] = (await runOnRuntime([slopes], feeds)) as [Float32Array];
      // The centre moves right and down.
      expect([x1! + x2! < 0, y1! + y2! < 0]).toEqual([true, true]);
    }
  });

  test('a truth smaller than eps', async () => {
    const tiny: Box = [0.5, 0.5, 0.5001, 0.5001];
    for (const name of NAMES) {
      const { losses, slopes, feeds } = graphOf(LOSSES[name], [tiny, [0, 0, 1, 1]], [tiny, tiny]);
      for (const values of await runOnRuntime([losses, slopes], feeds)) {
        expect([...values].every(Number.isFinite)).toBe(true);
      }
    }
  });
});
