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
  const rank = q * (sizes.length - 1);
  const below = Math.floor(rank);
  const parted = select(sizes, below);
  const low = parted[below]!;
  // What follows the rank is at least as large; the next rank is the smallest of it.
  const high = rank > below ? parted.subarray(below + 1).reduce((least, value) => Math.min(least, value)) : low;
  return low + (rank - below) * (high - low);
}

/** A copy in which position `rank` holds what sorting would put there, smaller ones before and larger ones after it (quickselect, Hoare 1961). */
function select(sizes: readonly number[], rank: number): Float64Array {
  const a = new Float64Array(sizes);
  let [left, right] = [0, a.length - 1];
  while (left < right) {
    const pivot = a[(left + right) >> 1]!;
    let [i, j] = [left, right];
    while (i <= j) {
      while (a[i]! < pivot) i++;
      while (a[j]! > pivot) j--;
      if (i <= j) {
        [a[i], a[j]] = [a[j]!, a[i]!];
        i++;
        j--;
      }
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break;
  }
  return a;
}
