import { aSize, listUpTo, recordOf } from '../shapes.js';
import type { Statistic } from './statistic.js';

export type WindowQuantile = {
  /** The window, oldest first. */
  readonly recent: readonly number[];
  /** The same sizes in rising order, so that a step costs no sorting. */
  readonly sorted: readonly number[];
};

/**
 * Quantile q of the last `window` records, linear between the two nearest ranks (type 7 of Hyndman & Fan 1996; NumPy's
 * and PyTorch's default).
 */
export function windowQuantile(window: number, q: number): Statistic<WindowQuantile> {
  const shape = recordOf<WindowQuantile>({ recent: listUpTo(window, aSize), sorted: listUpTo(window, aSize) });
  return {
    empty: { recent: [], sorted: [] },
    record(size, memory) {
      const [recent, sorted] = [memory.recent.slice(), memory.sorted.slice()];
      if (recent.length === window) sorted.splice(position(sorted, recent.shift()!), 1);
      recent.push(size);
      sorted.splice(position(sorted, size), 0, size);
      return { recent, sorted };
    },
    read({ sorted }) {
      if (sorted.length === 0) return null;
      const rank = q * (sorted.length - 1);
      const below = Math.floor(rank);
      const low = sorted[below]!;
      return low + (rank - below) * ((sorted[below + 1] ?? low) - low);
    },
    restore(memory, where) {
      const { recent } = shape(memory, where);
      return { recent, sorted: [...recent].sort((a, b) => a - b) };
    },
  };
}

/** Of the first size that is not below `size`. */
function position(sorted: readonly number[], size: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < size) low = middle + 1;
    else high = middle;
  }
  return low;
}
