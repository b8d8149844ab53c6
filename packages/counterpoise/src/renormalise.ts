import type { ActiveTask } from './screen.js';

export const RENORMALISATIONS = ['none', 'sum-k', 'preserve-total'] as const;

export type Renormalisation = (typeof RENORMALISATIONS)[number];

/**
 * One common factor on all weights, which keeps their ratios and steadies the effective learning rate.
 * `sum-k`: sum_k w_k = number of active tasks. `preserve-total`: sum_k w_k |L_k| = sum_k |L_k|; the absolute values
 * (the same thing for losses >= 0) keep the factor positive where a signed total would turn descent into ascent.
 * Where there is nothing to divide by (all weights or all losses 0) the weights stay.
 */
export function renormalise(
  mode: Renormalisation,
  active: readonly ActiveTask[],
  weights: readonly number[],
): number[] {
  if (mode === 'none') return [...weights];
  let target = 0;
  let have = 0;
  active.forEach(({ loss }, i) => {
    const size = mode === 'sum-k' ? 1 : Math.abs(loss);
    target += size;
    have += (weights[i] as number) * size;
  });
  if (!(have > 0 && target > 0)) return [...weights];
  return weights.map((weight) => weight * (target / have));
}
