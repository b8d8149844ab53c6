import type { Need } from '../../evidence.js';
import type { PerTask } from '../../json.js';
import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method, type Step } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { perTask } from '../../shapes.js';
import { type Mean, mean } from '../../statistics/mean.js';
import { aboveIdeal, idealOption, preferenceOption, preferences } from './preference.js';

export interface StchOptions {
  /** Smoothing: the larger, the closer to a weighted sum; towards 0: `tchebycheff`. In the unit of lambda L; with `nadir` a pure number. Range (0, inf), default 1. */
  mu?: number;
  /** Importance lambda of each loss. Range [0, inf), default null: 1 / K. */
  preference?: PerTask | null;
  /** Ideal point z: the smallest value of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
  /**
   * Epoch whose mean losses become the nadir n: up to its end the sum of log L, afterwards log(L / n) in the place of L.
   * Free of units; needs the epoch. The authors' multi-task code and LibMTL use 4. Integer >= 0, default null: off.
   */
  nadir?: number | null;
}

const specs = {
  mu: numberOption('(0, inf)', {
    default: 1,
    unit: '1',
    summary: 'smoothing, in the unit of preference times loss; with nadir a pure number',
  }),
  preference: preferenceOption,
  lowerBound: idealOption,
  nadir: integerOption('[0, inf)', {
    default: null,
    unit: 'epochs',
    summary: 'epoch whose mean losses become the nadir, after a warm-up on log L; needs the epoch',
  }),
} as const satisfies SpecsOf<StchOptions>;

/** Added to L / n, as in the authors' code. */
const TINY = 1e-20;

/** Smallest divisor whose inverse is a number, with room for K. */
const SMALLEST = 1e-300;

type Memory = readonly Mean[];

/**
 * The gradient of mu log sum_k exp(lambda_k (L_k - z_k) / mu): w_k = lambda_k softmax_k(lambda (L - z) / mu).
 * With `nadir` that of K mu log sum_k exp(K lambda_k log((L_k - z_k) / n_k) / mu), which for lambda = 1 / K is the recipe
 * of the authors' multi-task code. A task that was absent in the nadir epoch has its first positive loss after it as n.
 */
export function stch(options: StchOptions = {}): Method<Memory> {
  const resolved = resolveOptions('stch', specs, options);
  const { mu, lowerBound, nadir } = resolved;

  function plain(step: Step, memory: Memory) {
    const lambda = preferences(step, resolved.preference);
    const shares = softmax(aboveIdeal(step, lowerBound).map((height, i) => (lambda[i]! * height) / mu));
    return { weights: shares.map((share, i) => lambda[i]! * share), memory };
  }

  function relative(step: Step, memory: Memory, last: number) {
    const { active, present, epoch } = step;
    const next = [...memory];
    for (const { index, magnitude } of active) {
      const late = epoch > last && !(memory[index]!.mean > 0);
      if (epoch === last || late) next[index] = mean.record(magnitude, late ? mean.empty : memory[index]!);
    }
    // A task that has only shown zeros has no scale yet.
    if (epoch <= last) {
      const weights = active.map(({ magnitude }) => (magnitude > 0 ? 1 / Math.max(magnitude, SMALLEST) : null));
      return { weights, memory: next };
    }
    const lambda = preferences(step, resolved.preference).map((value) => value * present);
    const ratios = active.map(({ index, magnitude }) => magnitude / next[index]!.mean + TINY);
    const known = active.map((_, i) => i).filter((i) => next[active[i]!.index]!.mean > 0);
    const shares = softmax(known.map((i) => (lambda[i]! * Math.log(ratios[i]!)) / mu));
    const weights = active.map((): number | null => null);
    known.forEach((i, j) => {
      const divisor = Math.max(ratios[i]! * next[active[i]!.index]!.mean, SMALLEST);
      weights[i] = (present * shares[j]! * lambda[i]!) / divisor;
    });
    return { weights, memory: next };
  }

  return defineMethod<Memory, Need>({
    name: 'stch',
    needs: nadir === null ? ['losses'] : ['losses', 'epoch'],
    specs,
    options: { ...resolved },
    ...(nadir !== null && { magnitude: { absolute: undefined, lowerBound } }),
    init: (tasks) => tasks.map(() => mean.empty),
    restore: (tasks, memory) => perTask(tasks, memory, mean.restore),
    weigh: (step, memory) => (nadir === null ? plain(step, memory) : relative(step, memory, nadir)),
  });
}

export const stchRow: MethodRow<StchOptions> = {
  name: 'stch',
  family: 'losses',
  summary: 'A smooth maximum of the losses: the worst ones count most.',
  citation: 'Lin et al., Smooth Tchebycheff Scalarization, ICML 2024, arXiv:2402.19078',
  formula: 'w_k = gamma_k lambda_k softmax_k(lambda (L - z) / mu)',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: stch,
};
