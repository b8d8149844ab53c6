import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { forTask, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { meanNorms, type NormMemory } from './mean-norms.js';

export interface EncodecOptions {
  /** Share lambda of each task in the gradient, up to a common factor. Range [0, inf), default 1. */
  preference?: PerTask;
  /** Length R that the gradients add up to. Range (0, inf), default 1. */
  totalNorm?: number;
  /** Memory of the mean norm: about 1 / (1 - beta) steps. Range [0, 1), default 0.999. */
  beta?: number;
  /** Added to the mean norm, in its unit. Default 1e-12. */
  epsilon?: number;
}

const specs = {
  preference: numberOption('[0, inf)', {
    default: 1,
    perTask: true,
    unit: '1',
    summary: 'share of each task in the gradient, up to a common factor',
  }),
  totalNorm: numberOption('(0, inf)', { default: 1, unit: 'gradient', summary: 'length the gradients add up to' }),
  beta: numberOption('[0, 1)', {
    default: 0.999,
    unit: '1',
    summary: 'memory of the mean norm, in 1 / (1 - beta) steps',
  }),
  epsilon: numberOption('[1e-300, inf)', { default: 1e-12, unit: 'gradient', summary: 'added to the mean norm' }),
} as const satisfies SpecsOf<EncodecOptions>;

/**
 * The balancer of EnCodec, g_k -> R (lambda_k / sum lambda) g_k / (epsilon + mean norm of g_k). There the gradients are
 * those with respect to the output of the model, and their norm is a mean of the norms per sample: give such norms
 * for parity. Formula and bias-corrected mean as in audiocraft. A task that has only had zero gradients weighs 1 / K.
 */
export function encodec(options: EncodecOptions = {}): Method<NormMemory, 'gradientNorms'> {
  const resolved = resolveOptions('encodec', specs, options);
  const norms = meanNorms(resolved.beta);
  return defineMethod<NormMemory, 'gradientNorms'>({
    name: 'encodec',
    needs: ['gradientNorms'],
    specs,
    options: { ...resolved },
    init: norms.init,
    restore: norms.restore,
    weigh(step, before) {
      const { means, memory } = norms.record(step, before);
      const lambdas = step.active.map(({ task }) => forTask(resolved.preference, task, 1));
      const sum = lambdas.reduce((total, lambda) => total + lambda, 0);
      const weights = lambdas.map((lambda, i) => {
        if (lambda === 0) return 0;
        const mean = means[i]!;
        return mean > 0 ? (resolved.totalNorm * (lambda / sum)) / (resolved.epsilon + mean) : null;
      });
      return { weights, memory };
    },
  });
}

export const encodecRow: MethodRow<EncodecOptions, 'gradientNorms'> = {
  name: 'encodec',
  family: 'norms',
  summary: 'Gives each task a fixed share of a gradient of fixed length.',
  citation: 'Defossez et al., High Fidelity Neural Audio Compression, 2022, arXiv:2210.13438',
  formula: 'w_k = gamma_k totalNorm (lambda_k / sum lambda) / (m_k + epsilon), m_k = EMA_beta(|g_k|)',
  needs: ['gradientNorms'],
  options: specs,
  properties: ['scaleFree', 'signed', 'symmetric', 'stationary'],
  create: encodec,
};
