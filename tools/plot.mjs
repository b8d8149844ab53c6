/** Lines for pictures: contours of a function, and the few points that are enough to draw a path. */
import { distanceToSegment } from '../packages/counterpoise/dist/testing/toy.js';

const CELLS = 96;

/** Lines of equal value over the rectangle from `low` to `high`, each a list of points. */
export function contours(value, low, high, levels) {
  const at = (i, j) => [low[0] + ((high[0] - low[0]) * i) / CELLS, low[1] + ((high[1] - low[1]) * j) / CELLS];
  const nodes = Array.from({ length: CELLS + 1 }, (_, i) => i);
  const grid = nodes.map((i) => nodes.map((j) => value(at(i, j))));
  return levels.flatMap((level) => {
    const pieces = [];
    const crossing = ([a, b], [c, d]) => {
      const [from, to] = [grid[a][b] - level, grid[c][d] - level];
      if (from < 0 === to < 0) return [];
      const share = from / (from - to);
      const [p, q] = [at(a, b), at(c, d)];
      return [[p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]];
    };
    for (let i = 0; i < CELLS; i++) {
      for (let j = 0; j < CELLS; j++) {
        const [low, high] = [
          [i, j],
          [i + 1, j + 1],
        ];
        // Two triangles per cell: unlike a square, a triangle has no case with two ways to connect.
        for (const corner of [
          [i + 1, j],
          [i, j + 1],
        ]) {
          // The diagonal in one direction for both, so that they find the same point on it.
          const piece = [...crossing(low, corner), ...crossing(corner, high), ...crossing(low, high)];
          if (piece.length === 2) pieces.push(piece);
        }
      }
    }
    return chains(pieces);
  });
}

/** Joins pieces that have an end in common. */
function chains(pieces) {
  const key = ([x, y]) => `${x.toFixed(9)} ${y.toFixed(9)}`;
  const byEnd = new Map();
  for (const piece of pieces) for (const end of piece) byEnd.set(key(end), [...(byEnd.get(key(end)) ?? []), piece]);
  const used = new Set();
  const grow = (tip) => {
    const chain = [];
    for (;;) {
      const piece = byEnd.get(key(tip)).find((candidate) => !used.has(candidate));
      if (!piece) return chain;
      used.add(piece);
      tip = key(piece[0]) === key(tip) ? piece[1] : piece[0];
      chain.push(tip);
    }
  };
  return pieces.flatMap((piece) => {
    if (used.has(piece)) return [];
    used.add(piece);
    return [[...grow(piece[0]).reverse(), ...piece, ...grow(piece[1])]];
  });
}

/** The points that draw a line within `tolerance` (Ramer 1972, Douglas & Peucker 1973). */
export function simplify(line, tolerance) {
  const kept = new Set([0, line.length - 1]);
  const open = [[0, line.length - 1]];
  while (open.length > 0) {
    const [first, last] = open.pop();
    let [worst, far] = [first, tolerance];
    for (let i = first + 1; i < last; i++) {
      const distance = distanceToSegment(line[i], line[first], line[last]);
      if (distance > far) [worst, far] = [i, distance];
    }
    if (worst === first) continue;
    kept.add(worst);
    open.push([first, worst], [worst, last]);
  }
  return line.filter((_, i) => kept.has(i));
}
