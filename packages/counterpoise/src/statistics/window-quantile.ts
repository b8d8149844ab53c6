import { aSize, listUpTo } from '../shapes.js';
import type { Statistic } from './statistic.js';

/**
 * Quantile q of the last `window` records, linear between the two nearest ranks (type 7 of Hyndman & Fan 1996; NumPy's
 * and PyTorch's default). The memory is the window itself, oldest first.
 */
export function windowQuantile(window: number, q: number): Statistic<readonly number[]> {
  return {
    empty: [],
    record: (size, sizes) => [...sizes.slice(sizes.length === window ? 1 : 0), size],
    read: (sizes) => (sizes.length === 0 ? null : quantile(sizes, q)),
    restore: listUpTo(window, aSize),
  };
}

function quantile(sizes: readonly number[], q: number): number {
  const sorted = [...sizes].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below] as number;
  const high = sorted[below + 1] ?? low;
  return low + (rank - below) * (high - low);
}
