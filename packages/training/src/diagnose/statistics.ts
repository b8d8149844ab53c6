/** Robust statistics of a few dozen numbers. All of them leave out NaN, and are NaN where nothing is left. */

export function known(values: readonly number[]): number[] {
  return values.filter((value) => !Number.isNaN(value));
}

export function mean(values: readonly number[]): number {
  const kept = known(values);
  const size = largestOf(kept);
  // The sum of two losses near 1e308 is infinite, their mean is not.
  if (size > 1e300) return size * mean(kept.map((value) => value / size));
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

/** The largest absolute value, 0 if there is none: what is divided by it can be squared. */
export function largestOf(values: readonly number[]): number {
  return known(values).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** Linear between the order statistics. @param share in [0, 1]. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = known(values).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below === above ? below : below + (at - Math.floor(at)) * (above - below);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * 95 % interval of the median from order statistics, whatever the distribution: of n sorted values those of rank
 * n / 2 -+ 1.96 sqrt(n) / 2 (normal limit of the binomial; Conover, Practical Nonparametric Statistics, 3.2).
 */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = known(values).sort((a, b) => a - b);
  const skipped = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2));
  return [sorted[skipped] ?? Number.NaN, sorted[sorted.length - 1 - skipped] ?? Number.NaN];
}

/** 95 % interval of the mean: mean -+ 1.96 s / sqrt(n), the steps taken as independent. */
export function meanInterval(values: readonly number[]): readonly [low: number, high: number] {
  const kept = known(values);
  const middle = mean(kept);
  const variance = kept.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (kept.length - 1);
  const half = 1.96 * Math.sqrt(variance / kept.length);
  return [middle - half, middle + half];
}

/**
 * Standard deviation from neighbours, sqrt(sum (x_t+1 - x_t)^2 / (2 (n - 1))): a slow trend, such as a loss that falls, is not
 * taken for noise (von Neumann et al., The Mean Square Successive Difference, Ann. Math. Statist. 12, 1941).
 */
export function successiveDeviation(values: readonly number[]): number {
  const size = largestOf(values) || 1;
  const kept = known(values).map((value) => value / size);
  const squares = kept.slice(1).map((value, at) => (value - kept[at]!) ** 2);
  return size * Math.sqrt(mean(squares) / 2);
}
