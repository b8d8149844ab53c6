import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import { integerOption, resolveOptions, type SpecsOf } from '../options.js';
import { aCount, aNumber, listOf, nullable, recordOf } from '../shapes.js';
import { type WrapperMemory, wrap } from './wrap.js';

export interface UpdateEveryOptions {
  /** The method is asked in the first of every so many steps. Range [1, inf). */
  steps: number;
}

export const updateEverySpecs = {
  steps: integerOption('[1, inf)', {
    default: null,
    required: true,
    unit: 'steps',
    summary: 'the method is asked in the first of every so many steps',
  }),
} as const satisfies SpecsOf<UpdateEveryOptions>;

type Kept = {
  /** Steps until the method is asked again. */
  readonly wait: number;
  /** Per task: the last weight that the method gave it; `null` before the first. */
  readonly weights: readonly (number | null)[];
};

/**
 * Asks the method in the first of every `steps` steps (`update_weights_every` of the Nash-MTL code) and keeps the weights
 * between; there the method sees nothing, and needs no measurement. A task that was absent when the method was
 * asked keeps the weight from before; one that never got a weight weighs 1 / K until the method is asked again. A step
 * without any task does not count.
 */
export function updateEvery<M extends Json, N extends Need>(
  method: Method<M, N>,
  options: UpdateEveryOptions,
): Method<WrapperMemory<M, Kept>, N> {
  const { steps } = resolveOptions('update-every', updateEverySpecs, options);
  return wrap<M, N, Kept>(method, {
    name: 'update-every',
    specs: updateEverySpecs,
    options: { steps },
    init: (tasks) => ({ wait: 0, weights: tasks.map(() => null) }),
    shape: (tasks) => recordOf<Kept>({ wait: aCount, weights: listOf(tasks.length, nullable(aNumber)) }),
    rests: ({ wait }) => wait > 0,
    weigh(step, memory, ask) {
      const { wait, weights: kept } = memory.own;
      const read = (weights: Kept['weights']) => step.active.map(({ index }) => weights[index]!);
      if (step.active.length === 0) return { weights: [], memory };
      if (wait > 0) return { weights: read(kept), memory: { ...memory, own: { wait: wait - 1, weights: kept } } };
      const asked = ask(step, memory.method);
      const weights = [...kept];
      step.active.forEach(({ index }, i) => {
        const weight = asked.weights[i]!;
        weights[index] = weight === null ? null : weight + 0;
      });
      return { ...asked, weights: read(weights), memory: { method: asked.memory, own: { wait: steps - 1, weights } } };
    },
  });
}
