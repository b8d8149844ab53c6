/**
 * How much of the returns the critic knew: 1 - var(returns - values) / var(returns). 1 is all, 0 as much as a constant, less than 0
 * worse than that; null where all returns are the same (CleanRL's is NaN there).
 *
 * @param values of the same rows.
 */
export function explainedVariance(values: Float32Array, returns: Float32Array): number | null {
  const spread = variance(Float64Array.from(returns));
  if (spread === 0) return null;
  return 1 - variance(Float64Array.from(returns, (value, at) => value - values[at]!)) / spread;
}

function variance(numbers: Float64Array): number {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
}
