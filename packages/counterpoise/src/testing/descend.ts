import { startAdam, stepAdam } from '../adam.js';
import { Balancer, type Json, type LossEvidence, type Method, type Need } from '../index.js';
import { dot } from '../linalg/vectors.js';
import type { Point, Toy } from './toy.js';

export interface DescendOptions {
  readonly start: Point;
  readonly steps: number;
  readonly learningRate: number;
  /** Plain gradient descent, or Adam with PyTorch's moments. */
  readonly optimizer: 'sgd' | 'adam';
  /** Length that the update is cut down to before the optimiser sees it. Default: none. */
  readonly maxNorm?: number;
  /** Called with every point, the start and the end included. */
  readonly visit?: (x: Point, step: number) => void;
}

/** Walks down a toy along sum_k w_k g_k with the weights of a method; answers with the last point. */
export function descend(toy: Toy, method: Method<Json, Need>, options: DescendOptions): Point {
  const { start, steps, learningRate, optimizer, maxNorm = Number.POSITIVE_INFINITY, visit } = options;
  const balancer = new Balancer(method, { tasks: ['first', 'second'] });
  let adam = [startAdam(start[0]), startAdam(start[1])] as const;
  let x = start;
  for (let step = 0; step < steps; step++) {
    visit?.(x, step);
    const [g1, g2] = toy.jacobian(x);
    const { weights } = balancer.weigh(evidenceAt(toy, x, method.needs, step) as never);
    const [w1, w2] = [weights.first!, weights.second!];
    const update: Point = [w1 * g1[0] + w2 * g2[0], w1 * g1[1] + w2 * g2[1]];
    const cut = Math.min(1, maxNorm / Math.hypot(...update));
    if (optimizer === 'sgd') {
      x = [x[0] - learningRate * cut * update[0], x[1] - learningRate * cut * update[1]];
    } else {
      adam = [
        stepAdam(adam[0], cut * update[0], { learningRate }),
        stepAdam(adam[1], cut * update[1], { learningRate }),
      ];
      x = [adam[0].value, adam[1].value];
    }
  }
  visit?.(x, steps);
  return x;
}

/** What a method needs to know at a point; both batches of the cross-Gramian are the same, for there is no noise. */
function evidenceAt(toy: Toy, x: Point, needs: readonly Need[], step: number): LossEvidence {
  const [l1, l2] = toy.losses(x);
  const [g1, g2] = toy.jacobian(x);
  const both = (measure: (g: Point) => number) => ({ first: measure(g1), second: measure(g2) });
  const gramian = () => [
    [dot(g1, g1), dot(g1, g2)],
    [dot(g1, g2), dot(g2, g2)],
  ];
  const losses = { first: l1, second: l2 };
  const measure = {
    losses: () => losses,
    gradientNorms: () => both((g) => Math.hypot(...g)),
    gradientMax: () => both((g) => Math.max(Math.abs(g[0]), Math.abs(g[1]))),
    gradientMean: () => both((g) => (Math.abs(g[0]) + Math.abs(g[1])) / 2),
    gramian,
    crossGramian: gramian,
    epoch: () => step,
  } satisfies Record<Need, () => unknown>;
  return { losses, ...Object.fromEntries(needs.map((need) => [need, measure[need]()])) };
}
