/** Anti-aliased polygon filling. */
import type { Contour } from './shapes.js';

/** Scan lines per row of pixels; across a scan line the coverage is exact. */
const SCAN_LINES = 4;

/**
 * Finds how much of each pixel the contours cover (even-odd rule) and hands the rows over from top to bottom.
 * @param scale from the contours' units to pixels; the picture is `size` x `size` pixels.
 * @param row called with y, the first covered x, the x after the last, and the coverage of the row's pixels, in [0, 1];
 * the array is used again for the next row.
 */
export function fillContours(
  contours: readonly Contour[],
  scale: number,
  size: number,
  row: (y: number, from: number, to: number, coverage: Float32Array) => void,
): void {
  const edges = scaledEdges(contours, scale);
  const crossings = new Float64Array(edges.length / 4);
  const coverage = new Float32Array(size);
  let top = Infinity;
  let bottom = -Infinity;
  for (let at = 1; at < edges.length; at += 2) {
    top = Math.min(top, edges[at]!);
    bottom = Math.max(bottom, edges[at]!);
  }
  const lastRow = Math.min(size, Math.ceil(bottom));
  for (let y = Math.max(0, Math.floor(top)); y < lastRow; y++) {
    let from = size;
    let to = 0;
    for (let line = 0; line < SCAN_LINES; line++) {
      const count = findCrossings(edges, y + (line + 0.5) / SCAN_LINES, crossings);
      for (let at = 0; at + 1 < count; at += 2) {
        const low = Math.max(0, crossings[at]!);
        const high = Math.min(size, crossings[at + 1]!);
        if (low >= high) continue;
        addSpan(coverage, low, high);
        from = Math.min(from, Math.floor(low));
        to = Math.max(to, Math.ceil(high));
      }
    }
    if (from >= to) continue;
    row(y, from, to, coverage);
    coverage.fill(0, from, to);
  }
}

/** All edges, each x, y, x, y in pixels. */
function scaledEdges(contours: readonly Contour[], scale: number): Float64Array {
  const edges = new Float64Array(contours.reduce((sum, contour) => sum + 2 * contour.length, 0));
  let to = 0;
  for (const contour of contours) {
    let from = contour.length - 2;
    for (let at = 0; at < contour.length; at += 2) {
      edges[to++] = contour[from]! * scale;
      edges[to++] = contour[from + 1]! * scale;
      edges[to++] = contour[at]! * scale;
      edges[to++] = contour[at + 1]! * scale;
      from = at;
    }
  }
  return edges;
}

/** Writes where the edges cross the horizontal line at `y`, from left to right, and returns how many do. */
function findCrossings(edges: Float64Array, y: number, crossings: Float64Array): number {
  let count = 0;
  for (let at = 0; at < edges.length; at += 4) {
    const fromY = edges[at + 1]!;
    const toY = edges[at + 3]!;
    if (fromY <= y === toY <= y) continue;
    const x = edges[at]! + ((y - fromY) / (toY - fromY)) * (edges[at + 2]! - edges[at]!);
    // Insertion sort: there are two to four of them.
    let place = count++;
    for (; place > 0 && crossings[place - 1]! > x; place--) crossings[place] = crossings[place - 1]!;
    crossings[place] = x;
  }
  return count;
}

/** Adds one scan line's share of the pixels from `low` to `high`, low < high. */
function addSpan(coverage: Float32Array, low: number, high: number): void {
  const first = Math.floor(low);
  const last = Math.ceil(high) - 1;
  if (first === last) {
    coverage[first]! += (high - low) / SCAN_LINES;
    return;
  }
  coverage[first]! += (first + 1 - low) / SCAN_LINES;
  for (let x = first + 1; x < last; x++) coverage[x]! += 1 / SCAN_LINES;
  coverage[last]! += (high - last) / SCAN_LINES;
}
