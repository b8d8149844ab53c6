import type { Need } from './evidence.js';
import type { Json } from './json.js';
import type { Method } from './method.js';
import type { SpecsOf } from './options.js';

/**
 * What can hold for a method with its default options; the suites search for a counterexample to each.
 *
 * `scaleFree`: the terms do not change when a loss is given in another unit (L -> c L for the whole run).
 * `stateless`: the weights depend on the current step alone.
 * `signed`: takes negative losses without an option.
 * `symmetric`: listing the tasks in another order gives the same weights.
 * `linear`: the update sum_k w_k g_k is linear in the lengths of the gradients: for c > 0, J -> diag(c) J (and L -> diag(c) L).
 * `nonConflicting`: to first order the update raises no loss: g_j . sum_k w_k g_k >= 0 for every task j.
 * `stationary`: the update vanishes only where some convex combination of the gradients does (Pareto stationarity).
 */
export type Property = 'scaleFree' | 'stateless' | 'signed' | 'symmetric' | 'linear' | 'nonConflicting' | 'stationary';

/** `fixed`: blind to the losses. `statistics`: one running statistic of each loss. `losses`: formulas in the losses of now and before. `learned`: weights with an optimiser of their own. `norms`: gradient norms. `gramian`: angles between gradients. `gradients`: whole gradients, entry by entry or averaged over time. */
export type Family = 'fixed' | 'statistics' | 'losses' | 'learned' | 'norms' | 'gramian' | 'gradients';

/** One method as data: enough to print, to validate its options, and to build it. */
export interface MethodRow<O extends object, N extends Need = 'losses'> {
  readonly name: string;
  readonly family: Family;
  readonly summary: string;
  readonly citation: string;
  /** w_k before renormalisation; gamma_k is the priority, K the number of tasks present. */
  readonly formula: string;
  readonly needs: readonly Need[];
  readonly options: SpecsOf<O>;
  /** Those that hold. */
  readonly properties: readonly Property[];
  create(options: O): Method<Json, N>;
}
