import { projectSimplex, type Shares, shares, sharesOf, withShares } from '../../linalg/simplex.js';
import { multiply } from '../../linalg/vectors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';

export interface ModoOptions {
  /** Step length of the weights, in 1 / squared gradient. Range (0, inf), default 0.1; LibMTL has 1e-3. */
  learningRate?: number;
  /** Pull of the weights towards each other, in squared gradient. Range [0, inf), default 0.1. */
  rho?: number;
}

const specs = {
  learningRate: numberOption('(0, inf)', {
    default: 0.1,
    unit: '1 / gradient^2',
    summary: 'step length of the weights',
  }),
  rho: numberOption('[0, inf)', {
    default: 0.1,
    unit: 'gradient^2',
    summary: 'pull of the weights towards each other',
  }),
} as const satisfies SpecsOf<ModoOptions>;

/**
 * One projected step per optimiser step, w <- P(w - learningRate (J1 J2^T w + rho w)), P the projection on the simplex.
 * The gradients enter as they are, so the step length carries their unit: wrap it in `normalise` where losses differ
 * in scale. LibMTL divides the gradients of the heads by 3, which weights cannot.
 */
export function modo(options: ModoOptions = {}): Method<Shares, 'crossGramian'> {
  const resolved = resolveOptions('modo', specs, options);
  const { learningRate, rho } = resolved;
  return defineMethod<Shares, 'crossGramian'>({
    name: 'modo',
    needs: ['crossGramian'],
    specs,
    options: { ...resolved },
    ...shares,
    weigh({ active, crossGramian }, memory) {
      const w = sharesOf(memory, active);
      const slope = multiply(crossGramian, w);
      const weights = projectSimplex(w.map((share, k) => share - learningRate * (slope[k]! + rho * share)));
      return { weights, memory: withShares(memory, active, weights) };
    },
  });
}

export const modoRow: MethodRow<ModoOptions, 'crossGramian'> = {
  name: 'modo',
  family: 'gramian',
  summary: 'Moves the weights a little per step towards the shortest gradient; two independent batches.',
  citation: 'Chen et al., Three-Way Trade-Off in Multi-Objective Learning, NeurIPS 2023, arXiv:2305.20057',
  formula: 'w <- P(w - learningRate (J1 J2^T w + rho w)), P the projection on the simplex',
  needs: ['crossGramian'],
  options: specs,
  properties: ['signed', 'symmetric', 'stationary'],
  create: modo,
};
