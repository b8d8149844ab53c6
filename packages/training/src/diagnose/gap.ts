/** How far apart sizes are: gradients, or the values of losses. */
import { median, medianInterval, quantile } from './statistics.js';

export interface Gap {
  readonly larger: string;
  readonly smaller: string;
  /** How many times as large, at least 1 or near it: median over the steps. */
  readonly ratio: number;
  /** 95 % interval of that median. */
  readonly interval: readonly [low: number, high: number];
  /** Where the ratio lies in eight of ten steps. */
  readonly spread: readonly [low: number, high: number];
  /** Steps in which both are known and above zero. */
  readonly steps: number;
}

/**
 * The largest against the smallest, told by their medians. Ratios are compared by their logarithms, so that the two may be
 * swapped. Sizes that are zero take no part.
 *
 * @param sizes [loss][step], 0 or more; NaN where not known.
 * @returns null unless two losses have a size above zero in the same step.
 */
export function gapOf(names: readonly string[], sizes: readonly (readonly number[])[]): Gap | null {
  const live = names
    .map((name, k) => ({ name, values: sizes[k]!, size: median(sizes[k]!) }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1));
  const [small, large] = [live[0], live.at(-1)];
  if (!small || !large || small === large) return null;
  const logs = large.values.flatMap((value, at) => {
    const other = small.values[at]!;
    return value > 0 && other > 0 ? [Math.log(value) - Math.log(other)] : [];
  });
  if (logs.length === 0) return null;
  const [low, high] = medianInterval(logs);
  return {
    larger: large.name,
    smaller: small.name,
    ratio: Math.exp(median(logs)),
    interval: [Math.exp(low), Math.exp(high)],
    spread: [Math.exp(quantile(logs, 0.1)), Math.exp(quantile(logs, 0.9))],
    steps: logs.length,
  };
}
