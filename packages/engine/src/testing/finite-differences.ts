import type { Tensor } from '../graph/tensor.js';
import { type Feeds, interpret } from './interpreter.js';

/**
 * The gradient of <cotangent, output> for `input` by central differences in float64, one element at a time:
 * (f(x + h) - f(x - h)) / 2h.
 */
export function finiteDifferences(output: Tensor, cotangent: Tensor, input: Tensor, feeds: Feeds, h = 1e-5): number[] {
  const at = feeds.get(input)!;
  const weights = feeds.get(cotangent)!;
  const objective = (element: number, value: number) => {
    const moved = Float64Array.from(at);
    moved[element] = value;
    const [result] = interpret([output], new Map([...feeds, [input, moved]]));
    return result!.reduce((total, value, i) => total + value * weights[i]!, 0);
  };
  return Array.from(at, (value, i) => (objective(i, value + h) - objective(i, value - h)) / (2 * h));
}

/** ||actual - expected|| / ||expected||, with Euclidean norms; the norm of `actual` where `expected` is all zero. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new RangeError(`${actual.length} values against ${expected.length}`);
  const difference = Math.hypot(...Array.from(actual, (value, i) => value - expected[i]!));
  const norm = Math.hypot(...Array.from(expected));
  return norm === 0 ? difference : difference / norm;
}
