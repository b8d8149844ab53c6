import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import { numberOption, resolveOptions, type SpecsOf } from '../options.js';
import { stateless } from '../stateless.js';
import { type WrapperMemory, wrap } from './wrap.js';

export interface ClampOptions {
  /** Largest |weight| over smallest |weight| that is not 0, before priorities. Range [1, inf). */
  ratio: number;
}

export const clampSpecs = {
  ratio: numberOption('[1, inf)', {
    default: null,
    required: true,
    unit: '1',
    summary: 'largest weight over smallest weight that is not 0',
  }),
} as const satisfies SpecsOf<ClampOptions>;

/**
 * Brings the sizes of the weights into a band [c, ratio c], placed where the weights move least: sum |log w - log w'|, and
 * in the middle where several do. So one runaway weight is cut, far above the others or far below; of those at most the
 * outermost on the other side moves too, as far as the second; and two weights move by the same factor. Signs and zeros
 * stay. A task whose scale is not known yet counts with its 1 / K.
 */
export function clamp<M extends Json, N extends Need>(
  method: Method<M, N>,
  options: ClampOptions,
): Method<WrapperMemory<M, null>, N> {
  const { ratio } = resolveOptions('clamp', clampSpecs, options);
  return wrap<M, N, null>(method, {
    name: 'clamp',
    specs: clampSpecs,
    options: { ratio },
    init: stateless.init,
    shape: (tasks) => (value) => stateless.restore(tasks, value),
    weigh(step, memory, ask) {
      const asked = ask(step, memory.method);
      const weights = clampSizes(
        asked.weights.map((weight) => weight ?? 1 / step.present),
        ratio,
      ).map((weight, i) => (asked.weights[i] === null && weight === 1 / step.present ? null : weight));
      return { ...asked, weights, memory: { method: asked.memory, own: null } };
    },
  });
}

function clampSizes(weights: readonly number[], ratio: number): number[] {
  const logs = weights.filter((weight) => weight !== 0).map((weight) => Math.log(Math.abs(weight)));
  if (logs.length === 0) return [...weights];
  // f(c) = sum_k distance of log w_k from [c, c + R] has slope -n at -inf, and one more after each of these 2 n points.
  const width = Math.log(ratio);
  const bends = [...logs, ...logs.map((log) => log - width)].sort((a, b) => a - b);
  const start = (bends[logs.length - 1]! + bends[logs.length]!) / 2;
  const low = Math.exp(start);
  const high = Math.exp(start + width);
  return weights.map((weight) => Math.sign(weight) * Math.min(Math.max(Math.abs(weight), low), high));
}
