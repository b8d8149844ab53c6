/** Bilinear interpolation with pixels as squares: the middle of the first pixel lies half a pixel from the edge. */

/** Of each row or column of the result the two of the source that it lies between, and the share of the second. */
export interface Samples {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float64Array;
}

/**
 * Where the pixels of one side of the result lie.
 * @param count pixels of the result.
 * @param size pixels of the source.
 * @param offset start of the part that is taken, in units of the side.
 * @param length of that part, in units of the side.
 */
export function samples(count: number, size: number, offset = 0, length = 1): Samples {
  const places = { first: new Int32Array(count), second: new Int32Array(count), share: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    const position = Math.min(size - 1, Math.max(0, (offset + ((i + 0.5) / count) * length) * size - 0.5));
    const first = Math.floor(position);
    places.first[i] = first;
    places.second[i] = Math.min(size - 1, first + 1);
    places.share[i] = position - first;
  }
  return places;
}

/**
 * Each row of the source that is needed is interpolated across once, and kept for the rows of the result beside it: neighbours
 * mostly lie between the same two. That is most of the speed.
 * @param pixels RGB bytes, row by row, `width` pixels in each.
 */
export function interpolate(pixels: Uint8Array, width: number, columns: Samples, rows: Samples): Uint8Array {
  const line = columns.first.length * 3;
  const out = new Uint8Array(rows.first.length * line);
  let [upper, lower] = [new Float64Array(line), new Float64Array(line)];
  let [upperRow, lowerRow] = [-1, -1];
  for (let y = 0; y < rows.first.length; y++) {
    const first = rows.first[y]!;
    const second = rows.second[y]!;
    if (first === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (first !== upperRow) across(pixels, first * width, columns, upper);
    if (second !== lowerRow) across(pixels, second * width, columns, lower);
    [upperRow, lowerRow] = [first, second];
    between(upper, lower, rows.share[y]!, out, y * line);
  }
  return out;
}

/** One row of the source, which begins at pixel `start`, at the places of the columns. */
function across(pixels: Uint8Array, start: number, { first, second, share }: Samples, line: Float64Array): void {
  for (let x = 0, to = 0; x < first.length; x++, to += 3) {
    const a = (start + first[x]!) * 3;
    const b = (start + second[x]!) * 3;
    const part = share[x]!;
    const [r, g, blue] = [pixels[a]!, pixels[a + 1]!, pixels[a + 2]!];
    line[to] = r + (pixels[b]! - r) * part;
    line[to + 1] = g + (pixels[b + 1]! - g) * part;
    line[to + 2] = blue + (pixels[b + 2]! - blue) * part;
  }
}

function between(upper: Float64Array, lower: Float64Array, share: number, out: Uint8Array, offset: number): void {
  for (let at = 0; at < upper.length; at++) {
    const above = upper[at]!;
    // Storing drops the fraction: with a half added, that is rounding.
    out[offset + at] = above + (lower[at]! - above) * share + 0.5;
  }
}
