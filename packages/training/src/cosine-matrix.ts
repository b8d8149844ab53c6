/** The cosines between the gradients of K losses as a K x K matrix: for the report, and for the page of `counterpoise watch`. */

/** Whatever stands for a pair of losses, [row][column]: symmetric, nothing on the diagonal and for a pair that is not there. */
export interface PairMatrix<T> {
  readonly names: readonly string[];
  readonly cells: readonly (readonly (T | undefined)[])[];
}

/** What there is for two losses. Our files have a pair in the order of the losses, those of others perhaps not. */
export function ofPair<T>(of: (pair: string) => T | undefined, a: string, b: string): T | undefined {
  return of(`${a}:${b}`) ?? of(`${b}:${a}`);
}

/**
 * @param of what there is for a pair such as `class:box`.
 * @returns rows for the losses that are in a pair; undefined if there is no pair.
 */
export function pairMatrix<T>(
  losses: readonly string[],
  of: (pair: string) => T | undefined,
): PairMatrix<T> | undefined {
  const all = losses.map((row) => losses.map((column) => (row === column ? undefined : ofPair(of, row, column))));
  const kept = losses.map((_, at) => at).filter((at) => all[at]!.some((cell) => cell !== undefined));
  if (kept.length === 0) return undefined;
  return { names: kept.map((at) => losses[at]!), cells: kept.map((row) => kept.map((column) => all[row]![column])) };
}

/** -0.31 with a minus sign, which screen readers say and which is as wide as a digit; a dash for NaN. */
export function formatCosine(cosine: number): string {
  if (!Number.isFinite(cosine)) return '–';
  const digits = Math.abs(cosine).toFixed(2);
  return cosine < 0 && Number(digits) > 0 ? `−${digits}` : digits;
}

/** How a cell is shaded, besides its number: which way the gradients pull, and how much of the colour, in [0, 1]. */
export function shadeOf(cosine: number): { readonly kind: 'agree' | 'conflict' | 'none'; readonly share: number } {
  if (!Number.isFinite(cosine)) return { kind: 'none', share: 0 };
  return { kind: cosine < 0 ? 'conflict' : 'agree', share: Math.min(1, Math.abs(cosine)) };
}
