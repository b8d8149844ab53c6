import type { PerTask } from '../../json.js';
import { direction, reject } from '../../linalg/direction.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { preferenceOption, preferences } from './preference.js';

export interface CosmosOptions {
  /** Strength lambda of the pull towards the preference ray, in the unit of r L. Range [0, inf), default 1 (paper: 0.01 to 8). */
  lambda?: number;
  /** Preference ray r. Range [0, inf), default null: 1 / K. */
  preference?: PerTask | null;
}

const specs = {
  lambda: numberOption('[0, inf)', {
    default: 1,
    unit: 'loss',
    summary: 'strength of the pull towards the preference ray',
  }),
  preference: preferenceOption,
} as const satisfies SpecsOf<CosmosOptions>;

/**
 * The gradient of sum_k r_k L_k - lambda cos(r, L): w = r - lambda (r / |r| - cos L / |L|) / |L|. A loss that is too small
 * for the ray can have a negative weight, and is then raised: that is the method. With all losses 0 the cosine has no
 * gradient and w = r. Only the objective: that the model is conditioned on r is the affair of the model.
 */
export function cosmos(options: CosmosOptions = {}): Method<null> {
  const resolved = resolveOptions('cosmos', specs, options);
  return defineMethod<null>({
    name: 'cosmos',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh(step) {
      const r = preferences(step, resolved.preference);
      const losses = direction(step.active.map(({ loss }) => loss));
      const pull = reject(direction(r).unit, losses.unit);
      const strength = losses.norm > 0 ? resolved.lambda / losses.norm : 0;
      return { weights: r.map((value, i) => value - strength * pull[i]!), memory: null };
    },
  });
}

export const cosmosRow: MethodRow<CosmosOptions> = {
  name: 'cosmos',
  family: 'losses',
  summary: 'Weighted sum with a pull of the losses towards a preference ray; weights can be negative.',
  citation: 'Ruchte & Grabocka, Scalable Pareto Front Approximation (COSMOS), ICDM 2021, arXiv:2103.13392',
  formula: 'w_k = gamma_k (r_k - lambda (r_k / |r| - cos(r, L) L_k / |L|) / |L|)',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric'],
  create: cosmos,
};
