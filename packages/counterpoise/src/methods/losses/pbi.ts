import type { PerTask } from '../../json.js';
import { direction, reject } from '../../linalg/direction.js';
import { dot } from '../../linalg/vectors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { aboveIdeal, idealOption, preferenceOption, preferences } from './preference.js';

export interface PbiOptions {
  /** Penalty theta on the distance from the preference ray. Range [0, inf), default 5 (paper). */
  theta?: number;
  /** Preference ray r; only its direction counts. Range [0, inf), default null: 1 / K. */
  preference?: PerTask | null;
  /** Ideal point z: the smallest value of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
  /** Rounds off the kink at the ray: d2 = sqrt(|.|^2 + epsilon^2). In the unit of the losses, default 0; TorchJD has 1e-6. */
  epsilon?: number;
}

const specs = {
  theta: numberOption('[0, inf)', {
    default: 5,
    unit: '1',
    summary: 'penalty on the distance from the preference ray',
  }),
  preference: preferenceOption,
  lowerBound: idealOption,
  epsilon: numberOption('[0, inf)', {
    default: 0,
    unit: 'loss',
    summary: 'rounds off the kink of the distance at the ray',
  }),
} as const satisfies SpecsOf<PbiOptions>;

/** Sine of the angle between losses and ray below which it is round-off. */
const ON_RAY = 1e-14;

/**
 * The gradient of d1 + theta d2, where d1 = (L - z) . r / |r| is the distance along the preference ray and d2 the one from
 * it: w = r / |r| + theta d / |d|, d = the part of L - z that is orthogonal to r. A loss that is too small for the ray has
 * a negative weight and is raised. On the ray itself w = r / |r|.
 */
export function pbi(options: PbiOptions = {}): Method<null> {
  const resolved = resolveOptions('pbi', specs, options);
  return defineMethod<null>({
    name: 'pbi',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh(step) {
      const ray = direction(preferences(step, resolved.preference)).unit;
      const { norm, unit } = direction(aboveIdeal(step, resolved.lowerBound));
      const away = reject(unit, ray);
      const sine = Math.sqrt(dot(away, away));
      const penalty = sine > ON_RAY ? resolved.theta / Math.sqrt(sine * sine + (resolved.epsilon / norm) ** 2) : 0;
      return { weights: ray.map((value, i) => value + penalty * away[i]!), memory: null };
    },
  });
}

export const pbiRow: MethodRow<PbiOptions> = {
  name: 'pbi',
  family: 'losses',
  summary: 'Distance along a preference ray, and a penalty on the distance from it; weights can be negative.',
  citation: 'Zhang & Li, MOEA/D, IEEE Trans. Evolutionary Computation 2007',
  formula: 'w_k = gamma_k (r_k / |r| + theta d_k / |d|), d = (L - z) - ((L - z) . r) r / |r|^2',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric'],
  create: pbi,
};
