/** The distance from |x| to the next larger float64: one unit in its last place. */
export function unitInLastPlace(x: number): number {
  const next = Float64Array.of(Math.abs(x));
  new BigInt64Array(next.buffer)[0]! += 1n;
  return next[0]! - Math.abs(x);
}
