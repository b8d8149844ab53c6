import type { Point, Toy } from './toy.js';

/** Symmetric 2 x 2 matrix [[a, b], [b, c]] as (a, b, c). */
type Symmetric = readonly [a: number, b: number, c: number];

/** A toy with the step of plain gradient descent and the number of steps that its authors take. */
export interface Quadratic extends Toy {
  readonly learningRate: number;
  readonly steps: number;
}

/** L_k = (x - u_k)^T A_k (x - u_k), without the factor 1/2. */
function quadratic(
  about: Pick<Quadratic, 'name' | 'learningRate' | 'steps' | 'starts'>,
  matrices: readonly [Symmetric, Symmetric],
  minima: readonly [Point, Point],
): Quadratic {
  const gradient = (k: 0 | 1, [x1, x2]: Point): Point => {
    const [right, up] = [x1 - minima[k][0], x2 - minima[k][1]];
    const [a, b, c] = matrices[k];
    return [2 * (a * right + b * up), 2 * (b * right + c * up)];
  };
  const loss = (k: 0 | 1, x: Point) => {
    const [right, up] = gradient(k, x);
    return (right * (x[0] - minima[k][0]) + up * (x[1] - minima[k][1])) / 2;
  };
  /** x(lambda) = (sum_k lambda_k A_k)^-1 sum_k lambda_k A_k u_k, by Cramer's rule. */
  const front = (lambda: number): Point => {
    const mix = (i: 0 | 1 | 2) => (1 - lambda) * matrices[0][i] + lambda * matrices[1][i];
    const [a, b, c] = [mix(0), mix(1), mix(2)];
    const at0 = gradient(0, [0, 0]);
    const at1 = gradient(1, [0, 0]);
    const right = -((1 - lambda) * at0[0] + lambda * at1[0]) / 2;
    const up = -((1 - lambda) * at0[1] + lambda * at1[1]) / 2;
    const determinant = a * c - b * b;
    return [(c * right - b * up) / determinant, (a * up - b * right) / determinant];
  };
  return {
    ...about,
    losses: (x) => [loss(0, x), loss(1, x)],
    jacobian: (x) => [gradient(0, x), gradient(1, x)],
    front,
  };
}

/**
 * The three problems of the trajectory tests of TorchJD (Quinton & Rey, arXiv:2406.16232): element-wise, convex and
 * homogeneous quadratic functions. Learning rates and step counts are theirs, before their factors for single methods.
 */
export const quadratics: readonly Quadratic[] = [
  {
    name: 'EWQ',
    learningRate: 0.075,
    steps: 50,
    starts: [
      [3, -2],
      [0, -3],
      [-4, 4],
      [-3, 4],
      [-3.5, -0.75],
    ],
    losses: ([x1, x2]) => [x1 * x1, x2 * x2],
    jacobian: ([x1, x2]) => [
      [2 * x1, 0],
      [0, 2 * x2],
    ],
    front: () => [0, 0],
  },
  quadratic(
    {
      name: 'CQF',
      learningRate: 0.125,
      steps: 200,
      starts: [
        [0.5, 0.5],
        [-0.3, 7],
        [0, 0],
      ],
    },
    [
      [1, 0.2, 0.05],
      [3, -0.6, 0.2],
    ],
    [
      [1, 0],
      [-1, 0],
    ],
  ),
  quadratic(
    {
      name: 'HQF',
      learningRate: 0.005,
      steps: 100,
      starts: [
        [-6, 4],
        [-3, -1.5],
        [1.5, 2],
        [2.5, 5.5],
      ],
    },
    [
      [2, -1, 2],
      [20, -10, 20],
    ],
    [
      [1, 0],
      [-10, 0],
    ],
  ),
];
