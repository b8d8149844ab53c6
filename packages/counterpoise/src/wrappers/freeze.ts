import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method, Weights } from '../method.js';
import { integerOption, resolveOptions, type SpecsOf } from '../options.js';
import type { Reason } from '../screen.js';
import { aCount, aNumber, aSize, listOf, recordOf } from '../shapes.js';
import { type WrapperMemory, wrap } from './wrap.js';

export interface FreezeOptions {
  /** Steps until the weights are fixed; the second half of them is averaged. Range [1, inf). */
  after: number;
}

export const freezeSpecs = {
  after: integerOption('[1, inf)', {
    default: null,
    required: true,
    unit: 'steps',
    summary: 'steps until the weights are fixed; the second half of them is averaged',
  }),
} as const satisfies SpecsOf<FreezeOptions>;

type Average = {
  /** Steps so far, at most `after`. */
  readonly done: number;
  /** Steps that were averaged, and the average of their mean weight. */
  readonly steps: number;
  readonly level: number;
  /** Per task: averaged steps in which it took part, and the average of its weight over the mean weight. */
  readonly counts: readonly number[];
  readonly shares: readonly number[];
};

/**
 * Static weights taken from an adaptive run (Gama & Grassi 2025, arXiv:2505.10347): after `after` steps the weights are the
 * time average of the normalised weights, each step's divided by the mean of their sizes, over the second half of those
 * steps. One common factor, the average of those means, keeps the learning rate from jumping. From then on the method is
 * not asked. A step without any task does not count; a task without a weight in the second half weighs the mean.
 */
export function freeze<M extends Json, N extends Need>(
  method: Method<M, N>,
  options: FreezeOptions,
): Method<WrapperMemory<M, Average>, N> {
  const { after } = resolveOptions('freeze', freezeSpecs, options);
  return wrap<M, N, Average>(method, {
    name: 'freeze',
    specs: freezeSpecs,
    options: { after },
    init: (tasks) => ({ done: 0, steps: 0, level: 0, counts: tasks.map(() => 0), shares: tasks.map(() => 0) }),
    shape: (tasks) =>
      recordOf<Average>({
        done: aCount,
        steps: aCount,
        level: aSize,
        counts: listOf(tasks.length, aCount),
        shares: listOf(tasks.length, aNumber),
      }),
    rests: ({ done }) => done >= after,
    weigh(step, memory, ask): Weights<WrapperMemory<M, Average>> {
      const { own } = memory;
      const indices = step.active.map(({ index }) => index);
      if (own.done < after) {
        const asked = ask(step, memory.method);
        const done = own.done + (indices.length > 0 ? 1 : 0);
        const averaged = own.done >= Math.floor(after / 2) ? record(own, indices, asked.weights) : own;
        return { ...asked, memory: { method: asked.memory, own: { ...averaged, done } } };
      }
      if (own.steps === 0) return { weights: indices.map(() => null), memory };
      const reasons: Record<string, Reason> = {};
      for (const { task, index } of step.active) {
        const message = `loss "${task}" had no weight while the weights were averaged: it weighs their mean`;
        if (own.counts[index] === 0) reasons[task] = { code: 'fallback', message };
      }
      const weights = indices.map((k) => own.level * (own.counts[k] === 0 ? 1 : own.shares[k]!));
      return { weights, memory, reasons };
    },
  });
}

function record(own: Average, indices: readonly number[], weights: readonly (number | null)[]): Average {
  const known = weights.filter((weight) => weight !== null);
  // Divided first: the sum of large weights could overflow.
  const mean = known.reduce((sum, weight) => sum + Math.abs(weight) / known.length, 0);
  if (!(mean > 0)) return own;
  const counts = [...own.counts];
  const shares = [...own.shares];
  indices.forEach((k, i) => {
    const weight = weights[i]!;
    if (weight === null) return;
    counts[k]! += 1;
    shares[k]! += (weight / mean - shares[k]!) / counts[k]!;
  });
  const steps = own.steps + 1;
  return { ...own, steps, level: own.level + (mean - own.level) / steps, counts, shares };
}
