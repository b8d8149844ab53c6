import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import { integerOption, resolveOptions, type SpecsOf } from '../options.js';
import { aCount } from '../shapes.js';
import { type WrapperMemory, wrap } from './wrap.js';

export interface WarmUpOptions {
  /** First steps with equal weights. Range [0, inf). */
  steps: number;
}

export const warmUpSpecs = {
  steps: integerOption('[0, inf)', {
    default: null,
    required: true,
    unit: 'steps',
    summary: 'first steps with the weight 1 / K for every task',
  }),
} as const satisfies SpecsOf<WarmUpOptions>;

/**
 * Every task weighs 1 / K in the first `steps` steps, as everywhere here while a scale is not known. The method watches
 * meanwhile, so that its statistics are ready at the end. A step without any task does not count.
 */
export function warmUp<M extends Json, N extends Need>(
  method: Method<M, N>,
  options: WarmUpOptions,
): Method<WrapperMemory<M, number>, N> {
  const { steps } = resolveOptions('warm-up', warmUpSpecs, options);
  return wrap<M, N, number>(method, {
    name: 'warm-up',
    specs: warmUpSpecs,
    options: { steps },
    init: () => 0,
    shape: () => aCount,
    weigh(step, { method: inside, own: done }, ask) {
      const asked = ask(step, inside);
      if (done >= steps) return { ...asked, memory: { method: asked.memory, own: done } };
      const own = step.active.length > 0 ? done + 1 : done;
      return { weights: step.active.map(() => 1 / step.present), memory: { method: asked.memory, own } };
    },
  });
}
