/**
 * Cosine of the angle between the gradients of each pair of losses, G_ij / sqrt(G_ii G_jj), by `first:second` in the order of
 * the losses. A pair with a vanished gradient has none and is left out.
 */
export function cosinesOf(
  losses: readonly string[],
  gramian: readonly (readonly number[])[],
): Readonly<Record<string, number>> {
  const cosines: Record<string, number> = {};
  for (const [i, a] of losses.entries()) {
    for (const [j, b] of losses.entries()) {
      const length = Math.sqrt(gramian[i]![i]!) * Math.sqrt(gramian[j]![j]!);
      if (i < j && length > 0) cosines[`${a}:${b}`] = Math.max(-1, Math.min(1, gramian[i]![j]! / length));
    }
  }
  return cosines;
}
