import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { defineLearnedMethod, type LearnedMemory, type LearnedOptions, learnedSpecs } from './learned-rule.js';

export interface UncertaintyOptions extends LearnedOptions {
  /**
   * `halved` (default): e^-s L / 2 + s / 2, the paper's regression form, as in TorchJD, LibMTL and nash-mtl. `plain`:
   * e^-s L + s, twice that, as in Gal's example and cov-weighting.
   */
  form?: 'halved' | 'plain';
}

const specs = {
  form: {
    type: 'choice',
    choices: ['halved', 'plain'],
    default: 'halved',
    summary: 'objective e^-s L / 2 + s / 2, or e^-s L + s',
  },
  ...learnedSpecs,
} as const satisfies SpecsOf<UncertaintyOptions>;

/**
 * Uncertainty weighting, s_k = log sigma_k^2 learned. At rest s_k = log L_k: the weights of `log-sum` (halved), smoothed by
 * the slowness of Adam. `initial: 0` as in TorchJD and nash-mtl, -0.5 as in LibMTL and mtan. The default starts at rest: from
 * 0, a loss of 1000 takes 4400 steps of the default rate to come within a tenth of it, and drowns the others meanwhile.
 */
export function uncertainty(options: UncertaintyOptions = {}): Method<LearnedMemory> {
  const resolved = resolveOptions('uncertainty', specs, options);
  const factor = resolved.form === 'halved' ? 0.5 : 1;
  return defineLearnedMethod({
    name: 'uncertainty',
    specs,
    options: resolved,
    weight: (s) => factor * Math.exp(-s),
    slope: (_s, term) => factor - term,
    rest: Math.log,
  });
}

export const uncertaintyRow: MethodRow<UncertaintyOptions> = {
  name: 'uncertainty',
  family: 'learned',
  summary: 'Learned log-variances: w_k follows 1 / L_k slowly (Kendall).',
  citation: 'Kendall, Gal & Cipolla, Multi-Task Learning Using Uncertainty, CVPR 2018, arXiv:1705.07115',
  formula: 'w_k = gamma_k e^-s_k / 2, s by Adam on sum_k (e^-s_k L_k + s_k) / 2',
  needs: ['losses'],
  options: specs,
  properties: ['scaleFree', 'symmetric', 'stationary'],
  create: uncertainty,
};
