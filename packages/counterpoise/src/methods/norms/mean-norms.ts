import type { Step } from '../../method.js';
import { perTask } from '../../shapes.js';
import { type Ema, ema } from '../../statistics/ema.js';

/** Per task, in the order of the tasks. */
export type NormMemory = readonly Ema[];

/** The running mean of the gradient norm of each task, bias-corrected, with a counter per task. */
export function meanNorms(beta: number) {
  const mean = ema(beta);
  return {
    init: (tasks: readonly string[]): NormMemory => tasks.map(() => mean.empty),
    restore: (tasks: readonly string[], memory: unknown): NormMemory => perTask(tasks, memory, mean.restore),
    /** The means of the active tasks, this step included: 0 for one that has only had zero gradients. */
    record({ active, gradientNorms }: Step, memory: NormMemory): { means: number[]; memory: NormMemory } {
      const next = [...memory];
      const means = active.map(({ index }, i) => {
        const own = mean.record(gradientNorms[i]!, memory[index] ?? mean.empty);
        next[index] = own;
        return mean.read(own) ?? 0;
      });
      return { means, memory: next };
    },
  };
}
