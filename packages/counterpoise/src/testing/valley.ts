import type { Point, Toy } from './toy.js';

/** -1: the first loss, 1: the second. */
type Side = -1 | 1;

/**
 * The toy of CAGrad (Liu et al. 2021), Nash-MTL (Navon et al. 2022) and FAMO (Liu et al. 2023): above x2 = 0 two
 * logarithmic valleys, below it two bowls 14 apart. `scale` multiplies the first loss: 1 in CAGrad, 0.1 in the others.
 *
 *     f1 = log(max(|0.5 (-x1 - 7) - tanh(-x2)|, 5e-6)) + 6        g1 = ((7 - x1)^2 + 0.1 (x2 + 8)^2) / 10 - 20
 *     f2 = log(max(|0.5 (-x1 + 3) + tanh(-x2) + 2|, 5e-6)) + 6    g2 = ((x1 + 7)^2 + 0.1 (x2 + 8)^2) / 10 - 20
 *     c1 = max(tanh(x2 / 2), 0), c2 = max(tanh(-x2 / 2), 0)       L1 = scale (f1 c1 + g1 c2), L2 = f2 c1 + g2 c2
 *
 * This is what the authors' programs compute; the papers print -tanh(-x2) in f2. The gradient passes a maximum at
 * equality, as in PyTorch's clamp: else the start (0, 0), where c1 = c2 = 0, would never move.
 */
export function valley(scale = 0.1): Toy {
  return {
    name: 'valley',
    starts: [
      [-8.5, 7.5],
      [0, 0],
      [9, 9],
      [-7.5, -0.5],
      [9, -1],
    ],
    losses(x) {
      const c1 = share(x[1]).value;
      const c2 = share(-x[1]).value;
      const loss = (side: Side) => trough(side, x).value * c1 + bowl(side, x).value * c2;
      return [scale * loss(-1), loss(1)];
    },
    jacobian(x) {
      const c1 = share(x[1]);
      const c2 = share(-x[1]);
      const gradient = (side: Side, factor: number): Point => {
        const f = trough(side, x);
        const g = bowl(side, x);
        return [
          factor * (f.gradient[0] * c1.value + g.gradient[0] * c2.value),
          factor *
            (f.gradient[1] * c1.value + f.value * c1.derivative + g.gradient[1] * c2.value - g.value * c2.derivative),
        ];
      };
      return [gradient(-1, scale), gradient(1, 1)];
    },
    front,
  };
}

/**
 * The gradients oppose each other at x1 for shares v = (7 + x1) / 14 of g1 and 1 - v of g2. There the derivative in x2,
 * c2 (x2 + 8) / 50 - (1 - c2^2) / 2 (v g1 + (1 - v) g2), has one root, a little below the minimum -8 of the bowls.
 */
function front(position: number): Point {
  const x1 = 14 * position - 7;
  let [low, high] = [-9, -8];
  while (high - low > 1e-12) {
    const x2 = (low + high) / 2;
    const { value, derivative } = share(-x2);
    const mix = position * bowl(-1, [x1, x2]).value + (1 - position) * bowl(1, [x1, x2]).value;
    if ((value * (x2 + 8)) / 50 - derivative * mix > 0) high = x2;
    else low = x2;
  }
  return [x1, (low + high) / 2];
}

/** max(tanh(t / 2), 0). */
function share(t: number): { value: number; derivative: number } {
  const value = Math.tanh(t / 2);
  return value >= 0 ? { value, derivative: (1 - value * value) / 2 } : { value: 0, derivative: 0 };
}

/** f1 for side -1, f2 for side 1. */
function trough(side: Side, [x1, x2]: Point): { value: number; gradient: Point } {
  const bend = Math.tanh(x2);
  const inside = side < 0 ? 0.5 * (-x1 - 7) + bend : 0.5 * (-x1 + 3) - bend + 2;
  const size = Math.max(Math.abs(inside), 5e-6);
  const value = Math.log(size) + 6;
  if (Math.abs(inside) < 5e-6) return { value, gradient: [0, 0] };
  return { value, gradient: [-0.5 / inside, (-side * (1 - bend * bend)) / inside] };
}

/** g1 for side -1, whose minimum is at x1 = 7; g2 for side 1, at x1 = -7. */
function bowl(side: Side, [x1, x2]: Point): { value: number; gradient: Point } {
  const [right, up] = [x1 + 7 * side, x2 + 8];
  return { value: (right ** 2 + 0.1 * up ** 2) / 10 - 20, gradient: [right / 5, up / 50] };
}
