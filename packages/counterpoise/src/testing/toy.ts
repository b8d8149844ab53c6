import { dot } from '../linalg/vectors.js';

/** A point of the plane in which the problems live: two parameters, two losses. */
export type Point = readonly [number, number];

/** Two losses of two parameters, small enough to draw. */
export interface Toy {
  readonly name: string;
  readonly starts: readonly Point[];
  losses(x: Point): Point;
  /** Row k is the gradient of loss k. */
  jacobian(x: Point): readonly [Point, Point];
  /** The points where neither loss can fall without the other rising, from one end (0) to the other (1). */
  front(share: number): Point;
}

/** Distance to the front, drawn as 4096 straight pieces: their error is of the order 1e-7 in these problems. */
export function distanceToFront(toy: Toy, x: Point): number {
  let least = Number.POSITIVE_INFINITY;
  let before = toy.front(0);
  for (let i = 1; i <= 4096; i++) {
    const here = toy.front(i / 4096);
    least = Math.min(least, distanceToSegment(x, before, here));
    before = here;
  }
  return least;
}

/** Distance from x to the segment from a to b. */
export function distanceToSegment(x: Point, a: Point, b: Point): number {
  const along: Point = [b[0] - a[0], b[1] - a[1]];
  const from: Point = [x[0] - a[0], x[1] - a[1]];
  const share = Math.min(1, Math.max(0, dot(from, along) / (dot(along, along) || 1)));
  return Math.hypot(from[0] - share * along[0], from[1] - share * along[1]);
}
