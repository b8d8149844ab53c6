import { aCount, aSize, nullable, perTask, recordOf } from '../../shapes.js';

/** Per task: its smoothed weight (`null` until it has one) and how many of its steps to wait before the next update. */
export type RefreshMemory = readonly { readonly weight: number | null; readonly wait: number }[];

const shape = recordOf<RefreshMemory[number]>({ weight: nullable(aSize), wait: aCount });

/**
 * Weights w <- w + share (target - w), every `every` steps of each task. The first target is taken over whole, so that
 * no weight has to travel from an arbitrary start; a task without a target (`null`) stays due.
 */
export function refreshed(every: number, share: number) {
  return {
    init: (tasks: readonly string[]): RefreshMemory => tasks.map(() => ({ weight: null, wait: 0 })),
    restore: (tasks: readonly string[], memory: unknown): RefreshMemory => perTask(tasks, memory, shape),
    refresh(
      active: readonly { readonly index: number }[],
      memory: RefreshMemory,
      target: (i: number) => number | null,
    ): { weights: (number | null)[]; memory: RefreshMemory } {
      const next = [...memory];
      const weights = active.map(({ index }, i) => {
        const { weight, wait } = memory[index]!;
        const aim = wait === 0 ? target(i) : null;
        if (aim === null) {
          next[index] = { weight, wait: Math.max(0, wait - 1) };
          return weight;
        }
        const own = weight === null ? aim : weight + share * (aim - weight);
        next[index] = { weight: own, wait: every - 1 };
        return own;
      });
      return { weights, memory: next };
    },
  };
}
