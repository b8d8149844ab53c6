import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { aboveIdeal, idealOption, preferenceOption, preferences } from './preference.js';

export interface TchebycheffOptions {
  /** Importance lambda of each loss, in 1 / its unit. Range [0, inf), default null: 1 / K. */
  preference?: PerTask | null;
  /** Ideal point z: the smallest value of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
}

const specs = {
  preference: preferenceOption,
  lowerBound: idealOption,
} as const satisfies SpecsOf<TchebycheffOptions>;

/**
 * The subgradient of max_k lambda_k (L_k - z_k): the worst task has weight lambda_k, the others 0; exact ties share it
 * equally. The limit mu -> 0 of `stch`. Which loss is the worst depends on the units, so preferences must undo them.
 */
export function tchebycheff(options: TchebycheffOptions = {}): Method<null> {
  const resolved = resolveOptions('tchebycheff', specs, options);
  return defineMethod<null>({
    name: 'tchebycheff',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh(step) {
      const lambda = preferences(step, resolved.preference);
      const heights = aboveIdeal(step, resolved.lowerBound).map((height, i) => lambda[i]! * height);
      const worst = Math.max(...heights);
      const ties = heights.filter((height) => height === worst).length;
      return { weights: heights.map((height, i) => (height === worst ? lambda[i]! / ties : 0)), memory: null };
    },
  });
}

export const tchebycheffRow: MethodRow<TchebycheffOptions> = {
  name: 'tchebycheff',
  family: 'losses',
  summary: 'Train only the worst loss of each step: minimises the maximum.',
  citation: 'Bowman 1976; as a baseline in Lin et al., ICML 2024, arXiv:2402.19078',
  formula: 'w_k = gamma_k lambda_k if k has the largest lambda_k (L_k - z_k), else 0',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: tchebycheff,
};
