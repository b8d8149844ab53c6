import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import { numberOption, resolveOptions, type SpecsOf } from '../options.js';
import { aNumber, listOf, nullable } from '../shapes.js';
import { type WrapperMemory, wrap } from './wrap.js';

export interface SmoothOptions {
  /** Share of the weight of the step before. Range [0, 1), default 0.9. */
  factor?: number;
}

export const smoothSpecs = {
  factor: numberOption('[0, 1)', { default: 0.9, unit: '1', summary: 'share of the weight of the step before' }),
} as const satisfies SpecsOf<SmoothOptions>;

/** Per task: its weight of the step before; `null` before its first. */
type Before = readonly (number | null)[];

/**
 * a_t = f a_{t-1} + (1 - f) a^_t, a^_t the weight that the method gives (CR-MOGM: Zhou et al., On the Convergence of
 * Stochastic Multi-Objective Gradient Manipulation, NeurIPS 2022). The first weight of a task is taken as it is, and an
 * absent task keeps its own.
 */
export function smooth<M extends Json, N extends Need>(
  method: Method<M, N>,
  options: SmoothOptions = {},
): Method<WrapperMemory<M, Before>, N> {
  const { factor } = resolveOptions('smooth', smoothSpecs, options);
  return wrap<M, N, Before>(method, {
    name: 'smooth',
    specs: smoothSpecs,
    options: { factor },
    init: (tasks) => tasks.map(() => null),
    shape: (tasks) => listOf(tasks.length, nullable(aNumber)),
    weigh(step, memory, ask) {
      const asked = ask(step, memory.method);
      const own = [...memory.own];
      const weights = step.active.map(({ index }, i) => {
        const now = asked.weights[i]!;
        if (now === null) return null;
        const before = own[index]!;
        // Adding 0 turns -0 into 0, as JSON does.
        own[index] = (before === null ? now : factor * before + (1 - factor) * now) + 0;
        return own[index];
      });
      return { ...asked, weights, memory: { method: asked.memory, own } };
    },
  });
}
