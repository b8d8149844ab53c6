/** @throws RangeError that names the first number that is NaN or infinite. @param width numbers per row. */
export function requireFinite(name: string, values: Float32Array, width: number): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const row = Math.floor(bad / width);
  throw new RangeError(`"${name}" of the policy must be finite, got ${values[bad]} at [${row}, ${bad % width}]`);
}
