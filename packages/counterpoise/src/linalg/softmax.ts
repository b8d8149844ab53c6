/**
 * exp(x_k) / sum_j exp(x_j), shifted by the largest x so that nothing overflows. An infinite x counts as the largest
 * number: finite losses never give NaN. No share is below about e^-700: underflow switches no task off for good.
 */
export function softmax(x: readonly number[]): number[] {
  const finite = x.map((value) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)));
  const top = Math.max(...finite);
  const powers = finite.map((value) => Math.exp(Math.max(-700, value - top)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
