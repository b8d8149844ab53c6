/** Bilinear interpolation with pixels as squares: the middle of the first pixel lies half a pixel from the edge. */

/** For one row or column of the result the two it lies between, and the share of the second. */
export interface Sample {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/**
 * Where the pixels of one side of the result lie.
 * @param count pixels of the result.
 * @param size pixels of the source.
 * @param offset start of the part that is taken, in units of the side.
 * @param length of that part, in units of the side.
 */
export function samples(count: number, size: number, offset = 0, length = 1): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const position = Math.min(size - 1, Math.max(0, (offset + ((i + 0.5) / count) * length) * size - 0.5));
    const first = Math.floor(position);
    return { first, second: Math.min(size - 1, first + 1), share: position - first };
  });
}

/** @param pixels RGB bytes, row by row, `width` pixels in each. */
export function interpolate(
  pixels: Uint8Array,
  width: number,
  columns: readonly Sample[],
  rows: readonly Sample[],
): Uint8Array {
  const out = new Uint8Array(columns.length * rows.length * 3);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const a = (row.first * width + column.first) * 3;
      const b = (row.first * width + column.second) * 3;
      const c = (row.second * width + column.first) * 3;
      const d = (row.second * width + column.second) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = pixels[a + channel]! + (pixels[b + channel]! - pixels[a + channel]!) * column.share;
        const lower = pixels[c + channel]! + (pixels[d + channel]! - pixels[c + channel]!) * column.share;
        out[at++] = Math.round(upper + (lower - upper) * row.share);
      }
    }
  }
  return out;
}
