/** Which loss drives the training. */
type Values = Readonly<Record<string, number>>;

/**
 * Share of each loss in the weighted total: |w_k L_k| / sum_i |w_i L_i|, in [0, 1]; of the losses that have a weight. A loss
 * that is NaN takes no part: its share is NaN and the others add up to 1. All are NaN where the total is 0.
 */
export function sharesOf(losses: Values, weights: Values): Record<string, number> {
  const terms = Object.keys(losses)
    .filter((name) => Object.hasOwn(weights, name))
    .map((name) => [name, Math.abs(losses[name]! * weights[name]!)] as const);
  const total = terms.reduce((sum, [, term]) => sum + (term || 0), 0);
  return Object.fromEntries(terms.map(([name, term]) => [name, term / total]));
}
