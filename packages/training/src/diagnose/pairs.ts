/** How the gradients of two losses stand to each other. */
import type { Measured } from './measurement.js';
import { known, mean, meanInterval } from './statistics.js';

export interface Pair {
  readonly losses: readonly [string, string];
  /** Mean cosine over the steps; null where it was never measured. */
  readonly cosine: number | null;
  /** 95 % interval of that mean; null with fewer than two steps. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Share of the steps with a negative cosine, in [0, 1]: about one half for gradients that have nothing to do with each other. */
  readonly conflictRate: number | null;
}

/** Every pair once, in the order of the losses. */
export function pairsOf({ names, steps }: Measured): Pair[] {
  return names.flatMap((first, i) =>
    names.slice(i + 1).map((second, offset): Pair => {
      const cosines = known(steps.map((step) => step.cosines[i]![i + 1 + offset]!));
      const isKnown = cosines.length > 0;
      return {
        losses: [first, second],
        cosine: isKnown ? mean(cosines) : null,
        interval: cosines.length > 1 ? meanInterval(cosines) : null,
        conflictRate: isKnown ? cosines.filter((cosine) => cosine < 0).length / cosines.length : null,
      };
    }),
  );
}
