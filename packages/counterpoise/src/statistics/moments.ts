import { aNumber, aSize, recordOf } from '../shapes.js';
import type { Statistic } from './statistic.js';

/** sqrt(a^2 + b^2) for a, b >= 0, where the squares may overflow or vanish. */
function root(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger === 0 ? 0 : larger * Math.sqrt(1 + (Math.min(a, b) / larger) ** 2);
}

export type Rms = {
  readonly rms: number;
  /** Sum of the weights beta^age of all records; with beta 1 their number. */
  readonly filled: number;
};

/** Root of the mean square, the records weighted by beta^age: an average with bias correction, and of all records if beta is 1. */
export function rms(beta: number): Statistic<Rms> {
  return {
    empty: { rms: 0, filled: 0 },
    record(loss, { rms, filled }) {
      const next = beta * filled + 1;
      return { rms: root(Math.sqrt(1 - 1 / next) * rms, Math.abs(loss) / Math.sqrt(next)), filled: next };
    },
    read: ({ rms, filled }) => (filled > 0 ? rms : null),
    restore: recordOf<Rms>({ rms: aSize, filled: aSize }),
  };
}

export type Spread = {
  readonly mean: number;
  readonly deviation: number;
  readonly filled: number;
};

/**
 * Standard deviation (of the population, divided by the sum of the weights) of the records weighted by beta^age, but at
 * least `floor` times |mean|: the update of Welford (1962), kept as a root so that it neither overflows nor underflows.
 * One record has none: its size |L| stands in, so that the first step is as free of units as all others.
 */
export function spread(beta: number, floor: number): Statistic<Spread> {
  return {
    empty: { mean: 0, deviation: 0, filled: 0 },
    record(loss, { mean, deviation, filled }) {
      const next = beta * filled + 1;
      const distance = loss - mean;
      const kept = Math.sqrt(1 - 1 / next);
      return {
        // JSON turns -0 into 0; adding 0 does so before it can reach a state.
        mean: mean + distance / next + 0,
        deviation: root(kept * deviation, (kept * Math.abs(distance)) / Math.sqrt(next)),
        filled: next,
      };
    },
    read({ mean, deviation, filled }) {
      if (filled === 0) return null;
      return filled === 1 ? Math.abs(mean) : Math.max(deviation, floor * Math.abs(mean));
    },
    restore: recordOf<Spread>({ mean: aNumber, deviation: aSize, filled: aSize }),
  };
}
