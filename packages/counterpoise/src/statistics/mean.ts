import { aCount, aSize, recordOf } from '../shapes.js';
import type { Statistic } from './statistic.js';

export type Mean = {
  readonly count: number;
  readonly mean: number;
};

/** Arithmetic mean of all records, in Welford's form, which cannot overflow. */
export const mean: Statistic<Mean> = {
  empty: { count: 0, mean: 0 },
  record: (size, { count, mean }) => ({ count: count + 1, mean: mean + (size - mean) / (count + 1) }),
  read: ({ count, mean }) => (count > 0 ? mean : null),
  restore: recordOf<Mean>({ count: aCount, mean: aSize }),
};
