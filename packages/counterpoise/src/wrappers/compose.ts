import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import { type NumberSpec, resolveOptions, type SpecsOf } from '../options.js';
import { clamp, clampSpecs } from './clamp.js';
import { freeze, freezeSpecs } from './freeze.js';
import { normalizeFirst } from './normalize-first.js';
import { smooth, smoothSpecs } from './smooth.js';
import { updateEvery, updateEverySpecs } from './update-every.js';
import { warmUp, warmUpSpecs } from './warm-up.js';

/** The numbers of a composition; one that is not given switches its wrapper off. */
export interface Wrapping {
  /** `factor` of `smooth`. Range [0, 1). */
  smooth?: number | null;
  /** `ratio` of `clamp`. Range [1, inf). */
  clamp?: number | null;
  /** `steps` of `updateEvery`. Range [1, inf). */
  updateEvery?: number | null;
  /** `steps` of `warmUp`. Range [0, inf). */
  warmUp?: number | null;
  /** `after` of `freeze`. Range [1, inf). */
  freezeAfter?: number | null;
}

export interface Composition<B extends Need = never> extends Wrapping {
  /** `by` of `normalizeFirst`, such as `ema()`. */
  normalize?: Method<Json, B>;
}

const optional = ({ required: _, ...spec }: NumberSpec): NumberSpec => ({ ...spec, default: null });

/** The options of `compose` as data, for a command line: all but `normalize`, which is a method. */
export const wrappingSpecs: SpecsOf<Wrapping> = {
  smooth: optional(smoothSpecs.factor),
  clamp: optional(clampSpecs.ratio),
  updateEvery: optional(updateEverySpecs.steps),
  warmUp: optional(warmUpSpecs.steps),
  freezeAfter: optional(freezeSpecs.after),
};

/**
 * The method with the given wrappers, always in this order: the losses are normalised, the method weighs, its weights are
 * smoothed, then clamped; all of that is asked every `updateEvery` steps; the first `warmUp` steps have equal weights; and
 * after `freezeAfter` steps, those included, the weights are fixed.
 *
 * @example
 * compose(upgrad(), { normalize: ema(), smooth: 0.9, clamp: 100 });
 */
export function compose<N extends Need, B extends Need = never>(
  method: Method<Json, N>,
  { normalize, ...numbers }: Composition<B>,
): Method<Json, N | B> {
  const given = resolveOptions<Wrapping>('compose', wrappingSpecs, numbers);
  let all: Method<Json, N | B> = normalize ? normalizeFirst(method, normalize) : method;
  if (given.smooth !== null) all = smooth(all, { factor: given.smooth });
  if (given.clamp !== null) all = clamp(all, { ratio: given.clamp });
  if (given.updateEvery !== null) all = updateEvery(all, { steps: given.updateEvery });
  if (given.warmUp !== null) all = warmUp(all, { steps: given.warmUp });
  if (given.freezeAfter !== null) all = freeze(all, { after: given.freezeAfter });
  return all;
}
