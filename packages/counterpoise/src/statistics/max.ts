import { aSize, nullable } from '../shapes.js';
import type { Statistic } from './statistic.js';

/** m <- max(decay m, L). With decay 1 the largest size so far; below 1 an outlier is forgotten with half-life ln 2 / -ln(decay) records. */
export function decayedMax(decay: number): Statistic<number | null> {
  return {
    empty: null,
    record: (size, max) => (max === null ? size : Math.max(decay * max, size)),
    read: (max) => max,
    restore: nullable(aSize),
  };
}
