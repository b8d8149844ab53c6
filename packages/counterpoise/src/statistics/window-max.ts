import { CounterpoiseError } from '../errors.js';
import { show } from '../json.js';
import { aCount, aSize, listUpTo, recordOf } from '../shapes.js';
import type { Statistic } from './statistic.js';

export type WindowMax = {
  /** Sizes recorded so far. */
  readonly count: number;
  /** [position, size] with growing positions and falling sizes: the first is the maximum of the window. */
  readonly deque: readonly (readonly [number, number])[];
};

const shape = recordOf<WindowMax>({
  count: aCount,
  deque: listUpTo(Number.MAX_SAFE_INTEGER, (entry, where) => {
    const [at, size] = listUpTo(2, (item) => item)(entry, where);
    return [aCount(at, `${where}[0]`), aSize(size, `${where}[1]`)] as const;
  }),
});

/** Maximum of the last `window` records by a monotone deque: what a newer and larger size hides can never be the maximum again. */
export function windowMax(window: number): Statistic<WindowMax> {
  return {
    empty: { count: 0, deque: [] },
    record: (size, { count, deque }) => ({
      count: count + 1,
      deque: [...deque.filter(([at, kept]) => at > count - window && kept > size), [count, size]],
    }),
    read: ({ deque }) => deque[0]?.[1] ?? null,
    restore(memory, where) {
      const { count, deque } = shape(memory, where);
      const isOrdered = deque.every(([at, size], i) => {
        const [nextAt, nextSize] = deque[i + 1] ?? [count, -1];
        return at < nextAt && at >= count - window && size > nextSize;
      });
      // The last record is always in the deque, at its end.
      if (!isOrdered || deque.length > window || (deque.at(-1)?.[0] ?? -1) !== count - 1) throw wrong(where, memory);
      return { count, deque };
    },
  };
}

function wrong(where: string, memory: unknown): CounterpoiseError {
  return new CounterpoiseError(
    'state',
    `${where} must be {count, deque} as written by a sliding maximum, got ${show(memory)}`,
  );
}
