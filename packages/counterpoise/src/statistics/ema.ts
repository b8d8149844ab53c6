import { CounterpoiseError } from '../errors.js';
import { aSize, nullable, recordOf } from '../shapes.js';
import type { Statistic } from './statistic.js';

const shape = recordOf<NonNullable<Ema>>({ mean: aSize, filled: aSize });

export type Ema = {
  /** Bias-corrected mean. */
  readonly mean: number;
  /** 1 - beta^n after n records of this task: how far the average has filled. */
  readonly filled: number;
} | null;

/**
 * Exponential moving average with bias correction (Kingma & Ba 2015, Adam, section 3):
 * m_n = beta m_{n-1} + (1 - beta) L_n, read as m_n / (1 - beta^n).
 * Kept in the equal form mean += (L - mean) (1 - beta) / (1 - beta^n), which gives exactly L after the first record and for
 * a constant L, and needs no power function, whose last bit differs between JavaScript engines.
 */
export function ema(beta: number): Statistic<Ema> {
  return {
    empty: null,
    record(size, memory) {
      const { mean, filled } = memory ?? { mean: 0, filled: 0 };
      const nextFilled = beta * filled + (1 - beta);
      const share = (1 - beta) / nextFilled;
      // With nothing of the past left, not even its round-off may be: after a spike it outweighs the new size.
      return { mean: share === 1 ? size : mean + (size - mean) * share, filled: nextFilled };
    },
    read: (memory) => memory?.mean ?? null,
    restore: nullable((memory, where) => {
      const restored = shape(memory, where);
      if (restored.filled === 0 || restored.filled > 1) {
        throw new CounterpoiseError('state', `${where}.filled must be in (0, 1], got ${restored.filled}`);
      }
      return restored;
    }),
  };
}
