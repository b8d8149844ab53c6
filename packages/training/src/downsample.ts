/** A point of a curve; y is NaN in a gap. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most about `limit` of the points, chosen so that the drawn line looks the same: of every bucket of neighbours the
 * first, lowest, highest and last, in their order. A peak of one single step survives, unlike with averages, and so does a gap.
 */
export function downsample(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const size = Math.ceil((points.length * 4) / limit);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += size) {
    const end = Math.min(points.length, start + size);
    const chosen = new Set([start, end - 1]);
    let [lowest, highest, gap] = [-1, -1, -1];
    for (let at = start; at < end; at++) {
      const { y } = points[at]!;
      if (Number.isNaN(y)) gap = at;
      else {
        if (lowest < 0 || y < points[lowest]!.y) lowest = at;
        if (highest < 0 || y > points[highest]!.y) highest = at;
      }
    }
    for (const at of [lowest, highest, gap]) if (at >= 0) chosen.add(at);
    kept.push(...[...chosen].sort((a, b) => a - b).map((at) => points[at]!));
  }
  return kept;
}
