import { type AdamScalar, adamScalar, startAdam, stepAdam } from '../../adam.js';
import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import { forTask, numberOption, type OptionSpecs, type SpecsOf } from '../../options.js';
import { nullable, perTask } from '../../shapes.js';

/** Options of every method that learns one number s per task. */
export interface LearnedOptions {
  /**
   * First s, of each task or of all. Default null, and for tasks that are not named: where s comes to rest for the first
   * positive loss of the task. From a fixed start Adam needs ln(scale) / learningRate steps and far more to undo a scale.
   */
  initial?: PerTask | null;
  /** Step size of the Adam that learns s; no weight decay. Range (0, inf), default 0.025 (nash-mtl's, in its reference code). */
  learningRate?: number;
}

export const learnedSpecs = {
  initial: numberOption('(-inf, inf)', {
    default: null,
    perTask: true,
    unit: '1',
    summary: 'first s; if not given, the point of rest for the first loss',
  }),
  learningRate: numberOption('(0, inf)', { default: 0.025, unit: '1', summary: 'step size of the Adam that learns s' }),
} as const satisfies SpecsOf<LearnedOptions>;

/** Per task: its s with Adam moments, or `null` before its first loss. */
export type LearnedMemory = readonly (AdamScalar | null)[];

interface LearnedRule {
  readonly name: string;
  readonly specs: OptionSpecs;
  readonly options: Required<LearnedOptions>;
  weight(s: number): number;
  /** Derivative by s of the task's part of the objective; `term` is weight times loss. */
  slope(s: number, term: number): number;
  /** The s at which a constant loss has slope 0; not finite for a loss of 0. */
  rest(loss: number): number;
}

/** exp(700) is about 1e304: within it every weight is a double. A loss that stays at 0 drives s there. */
const LARGEST_S = 700;
/**
 * Slopes are pure numbers of order 1, and below Adam's epsilon s is at rest but for round-off. Adam divides by the size of
 * the slopes seen so far: it would make steps of that noise, and a steady loss would wander by the learning rate.
 */
const SMALLEST_SLOPE = 1e-8;
/** The second moment of Adam holds the square of a slope, which must be a double too. */
const LARGEST_TERM = 1e100;

function clamp(s: number): number {
  return Math.max(-LARGEST_S, Math.min(LARGEST_S, s));
}

/**
 * Joint minimisation over the model and s of an objective sum_k (w(s_k) L_k + regulariser(s_k)). The weights of a step
 * are those of the s before it, as when one optimiser steps both. `total` is sum w_k L_k, without the regulariser, whose
 * gradient for the model is 0 (with it the objective of these methods turns negative, which users take for a fault).
 */
export function defineLearnedMethod(rule: LearnedRule): Method<LearnedMemory> {
  const { options } = rule;
  return defineMethod<LearnedMemory>({
    name: rule.name,
    needs: ['losses'],
    specs: rule.specs,
    options: { ...options },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => tasks.map(() => null),
    restore: (tasks, memory) => perTask(tasks, memory, nullable(adamScalar)),
    weigh({ active }, memory) {
      const next = [...memory];
      const weights = active.map(({ task, index, magnitude }) => {
        const start = forTask(options.initial ?? {}, task, rule.rest(magnitude));
        const before = memory[index] ?? (Number.isFinite(start) ? startAdam(clamp(start)) : null);
        if (!before) return null;
        const weight = rule.weight(before.value);
        const slope = rule.slope(before.value, Math.min(weight * magnitude, LARGEST_TERM));
        const after = stepAdam(before, Math.abs(slope) < SMALLEST_SLOPE ? 0 : slope, options);
        next[index] = { ...after, value: clamp(after.value) };
        return weight;
      });
      return { weights, memory: next };
    },
  });
}
