import { projectSimplex, type Shares, shares, sharesOf, withShares } from '../../linalg/simplex.js';
import { softmax } from '../../linalg/softmax.js';
import { dot } from '../../linalg/vectors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { aCount, recordOf } from '../../shapes.js';

const PROJECTIONS = ['simplex', 'softmax'] as const;

export interface MocoOptions {
  /** Step of the tracked gradients in the first step; beta / sqrt(t) in step t. Range (0, 1], default 0.5. */
  beta?: number;
  /** Step of the weights in the first step; gamma / sqrt(t) in step t. Range [0, inf), default 0.1. */
  gamma?: number;
  /** Pull of the weights towards each other. Range [0, inf), default 0. */
  rho?: number;
  /** How the weights come back to sum 1. Default `simplex`, as in the paper; `softmax` as in LibMTL. */
  projection?: (typeof PROJECTIONS)[number];
}

const specs = {
  beta: numberOption('(0, 1]', { default: 0.5, unit: '1', summary: 'step of the tracked gradients, over sqrt(t)' }),
  gamma: numberOption('[0, inf)', { default: 0.1, unit: '1', summary: 'step of the weights, over sqrt(t)' }),
  rho: numberOption('[0, inf)', { default: 0, unit: '1', summary: 'pull of the weights towards each other' }),
  projection: {
    type: 'choice',
    choices: PROJECTIONS,
    default: 'simplex',
    summary: 'how the weights come back to sum 1: simplex as in the paper, softmax as in LibMTL',
  },
} as const satisfies SpecsOf<MocoOptions>;

type MocoMemory = { readonly steps: number; readonly shares: Shares };

/**
 * What a raw gradient is multiplied by before it is tracked: then it is as long as its loss is large. Above 0, so that a
 * weight on the raw loss can be told for every weight on the tracked gradient.
 */
export function mocoScale(loss: number, gradientNorm: number): number {
  return Math.max(loss / (gradientNorm + 1e-8), 1e-30);
}

/**
 * lambda <- P(lambda - gamma_t (G lambda + rho lambda)) with the Gramian G of the tracked gradients y_k and the projection P
 * (Fernando et al. 2023, equation 8); w_k = lambda_k s_k, as y_k follows s_k g_k.
 */
export function moco(options: MocoOptions = {}): Method<MocoMemory, 'losses' | 'gradientNorms' | 'gramian'> {
  const resolved = resolveOptions('moco', specs, options);
  const { gamma, rho, projection } = resolved;
  return defineMethod<MocoMemory, 'losses' | 'gradientNorms' | 'gramian'>({
    name: 'moco',
    needs: ['losses', 'gradientNorms', 'gramian'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => ({ steps: 0, shares: shares.init(tasks) }),
    restore: (tasks, memory) =>
      recordOf<MocoMemory>({ steps: aCount, shares: (value) => shares.restore(tasks, value) })(memory, '"state"'),
    weigh({ active, gramian, gradientNorms }, memory) {
      if (active.length === 0) return { weights: [], memory };
      const steps = memory.steps + 1;
      const before = sharesOf(memory.shares, active);
      const rate = gamma / Math.sqrt(steps);
      const moved = before.map((share, k) => share - rate * (dot(gramian[k]!, before) + rho * share));
      const after = projection === 'softmax' ? softmax(moved) : projectSimplex(moved);
      const weights = active.map(({ magnitude }, k) => after[k]! * mocoScale(magnitude, gradientNorms[k]!));
      return { weights, memory: { steps, shares: withShares(memory.shares, active, after) } };
    },
  });
}

export const mocoRow: MethodRow<MocoOptions, 'losses' | 'gradientNorms' | 'gramian'> = {
  name: 'moco',
  family: 'gradients',
  summary: 'Min-norm weights in small steps, on gradients that are averaged over time against noise.',
  citation: 'Fernando et al., Mitigating Gradient Bias in Multi-objective Learning, ICLR 2023, arXiv:2210.12624',
  formula:
    'y_k <- (1 - beta_t) y_k + beta_t s_k g_k, s_k = L_k / (|g_k| + 1e-8); lambda <- P(lambda - gamma_t (Y Y^T + rho I) lambda);\nd = sum_k gamma_k lambda_k y_k, w_k = gamma_k lambda_k s_k',
  needs: ['losses', 'gradientNorms', 'gramian'],
  options: specs,
  properties: ['symmetric'],
  create: moco,
};
