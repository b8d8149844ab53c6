import { CounterpoiseError } from '../errors.js';
import { isRecord, show } from '../json.js';
import { restoreSize, type Statistic } from './statistic.js';

export type Ema = {
  /** Bias-corrected mean. */
  readonly mean: number;
  /** 1 - beta^n after n records of this task: how far the average has filled. */
  readonly filled: number;
} | null;

/**
 * Exponential moving average with bias correction (Kingma & Ba 2015, Adam, section 3):
 * m_n = beta m_{n-1} + (1 - beta) L_n, read as m_n / (1 - beta^n).
 * Kept in the equal form mean += (L - mean) (1 - beta) / (1 - beta^n), which gives exactly L after the first record
 * and needs no power function, whose last bit differs between JavaScript engines.
 */
export function ema(beta: number): Statistic<Ema> {
  return {
    empty: null,
    record(size, memory) {
      const { mean, filled } = memory ?? { mean: 0, filled: 0 };
      const nextFilled = beta * filled + (1 - beta);
      return { mean: mean + (size - mean) * ((1 - beta) / nextFilled), filled: nextFilled };
    },
    read: (memory) => memory?.mean ?? null,
    restore(memory, where) {
      if (memory === null) return null;
      if (!isRecord(memory)) {
        throw new CounterpoiseError('state', `${where} must be null or {mean, filled}, got ${show(memory)}`);
      }
      const filled = restoreSize(memory.filled, `${where}.filled`);
      if (filled === 0 || filled > 1) {
        throw new CounterpoiseError('state', `${where}.filled must be in (0, 1], got ${filled}`);
      }
      return { mean: restoreSize(memory.mean, `${where}.mean`), filled };
    },
  };
}
