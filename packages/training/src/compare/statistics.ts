/** Means, their errors, and whether two methods differ by more than noise. */

export interface Spread {
  /** NaN without values. */
  readonly mean: number;
  /** Of the mean: s / sqrt(n) with s^2 = sum (x - mean)^2 / (n - 1); NaN of fewer than two values. */
  readonly standardError: number;
  readonly values: readonly number[];
}

export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1) / n), values };
}

/**
 * Two-sided p value of the paired t test: t = mean(d) / (s_d / sqrt(n)) with d = a - b. Paired and not Welch's, because runs of one
 * seed share their initial weights, data and batches: what the seed does to both is no difference between them.
 * NaN of fewer than two pairs.
 */
export function pairedTest(a: readonly number[], b: readonly number[]): number {
  const { mean, standardError } = spreadOf(a.map((value, at) => value - b[at]!));
  if (Number.isNaN(standardError)) return Number.NaN;
  if (standardError === 0) return mean === 0 ? 1 : 0;
  return 1 - studentWithin(Math.abs(mean) / standardError, a.length - 1);
}

/**
 * P(|T| <= t) of Student's distribution with `degrees` of freedom, an integer: the finite sums of Abramowitz & Stegun 26.7.3
 * (odd) and 26.7.4 (even), in the angle arctan(t / sqrt(degrees)).
 */
export function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  // Terms 1, 1/2 cos^2, 1/2 3/4 cos^4 (even) or cos, 2/3 cos^3, 2/3 4/5 cos^5 (odd), up to cos^(degrees - 2).
  for (let power = isOdd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= ((power - 1) / power) * cos * cos;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}

/** Holm's step-down correction (1979): p values that keep the chance of any false win below the level, however many are tested. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const corrected = new Array<number>(values.length);
  let largest = 0;
  order.forEach((at, rank) => {
    largest = Math.max(largest, Math.min(1, values[at]! * (values.length - rank)));
    corrected[at] = largest;
  });
  return corrected;
}

/** Ranks from 1, equal values sharing the mean of theirs; NaN counts as worst. @param sign 1: low is good; -1: high is good. */
export function ranksOf(values: readonly number[], sign: 1 | -1): number[] {
  const keys = values.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value));
  return keys.map((key) => {
    const better = keys.filter((other) => other < key).length;
    const equal = keys.filter((other) => other === key).length;
    return better + (equal + 1) / 2;
  });
}
