import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { meanNorms, type NormMemory } from './mean-norms.js';

export interface NormEqualizeOptions {
  /** Memory of the mean norm: about 1 / (1 - beta) steps; 0: the norm of this step. Range [0, 1), default 0.99. */
  beta?: number;
  /** Smallest mean norm that is divided by, as a share of the largest. Range [0, 1], default 0. */
  relativeEpsilon?: number;
}

const specs = {
  beta: numberOption('[0, 1)', {
    default: 0.99,
    unit: '1',
    summary: 'memory of the mean norm, in 1 / (1 - beta) steps',
  }),
  relativeEpsilon: numberOption('[0, 1]', {
    default: 0,
    unit: '1',
    summary: 'smallest mean norm, as a share of the largest',
  }),
} as const satisfies SpecsOf<NormEqualizeOptions>;

/**
 * GradNorm with alpha = 0 solved exactly: all w_k m_k are equal, m_k the running mean of the gradient norm, sum w = K. For
 * two tasks and beta 0 it is IMTL-G. The common length K / sum 1 / m_j is that of the shorter gradients: a task whose
 * gradient is about to vanish slows all others down, unless `relativeEpsilon` holds it. One that has only had zero
 * gradients is left out of the sum.
 */
export function normEqualize(options: NormEqualizeOptions = {}): Method<NormMemory, 'gradientNorms'> {
  const resolved = resolveOptions('norm-equalize', specs, options);
  const norms = meanNorms(resolved.beta);
  return defineMethod<NormMemory, 'gradientNorms'>({
    name: 'norm-equalize',
    needs: ['gradientNorms'],
    specs,
    options: { ...resolved },
    init: norms.init,
    restore: norms.restore,
    weigh(step, before) {
      const { means, memory } = norms.record(step, before);
      const floor = resolved.relativeEpsilon * Math.max(...means);
      const held = means.map((mean) => (mean > 0 ? Math.max(mean, floor) : Number.POSITIVE_INFINITY));
      const least = Math.min(...held);
      const parts = held.map((mean) => (mean < Number.POSITIVE_INFINITY ? least / mean : 0));
      const live = means.filter((mean) => mean > 0).length;
      const sum = parts.reduce((total, part) => total + part, 0);
      return { weights: means.map((mean, i) => (mean > 0 ? (live * parts[i]!) / sum : null)), memory };
    },
  });
}

export const normEqualizeRow: MethodRow<NormEqualizeOptions, 'gradientNorms'> = {
  name: 'norm-equalize',
  family: 'norms',
  summary: 'Makes all gradients equally long, with weights that add up to K.',
  citation: 'GradNorm at alpha = 0 in closed form: Chen et al., ICML 2018, arXiv:1711.02257',
  formula: 'w_k = gamma_k K (1 / m_k) / sum_j 1 / m_j, m_k = EMA_beta(|g_k|)',
  needs: ['gradientNorms'],
  options: specs,
  properties: ['signed', 'symmetric', 'stationary'],
  create: normEqualize,
};
