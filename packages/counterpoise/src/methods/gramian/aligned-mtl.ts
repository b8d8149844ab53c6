import type { PerTask } from '../../json.js';
import { eigen, pseudoSolve, ROUND_OFF, rankOf } from '../../linalg/eigen.js';
import { gramianOfRows } from '../../linalg/unit-rows.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { preferenceOption, preferences } from '../losses/preference.js';
import { defineGramianMethod } from './solve-gramian.js';

const SCALE_MODES = ['min', 'median', 'rmse'] as const;
const PRECISIONS = ['float64', 'float32'] as const;

export interface AlignedMtlOptions {
  /** Size that all principal components are brought to: the least (default, paper), median (the lower of two) or mean eigenvalue. */
  scaleMode?: (typeof SCALE_MODES)[number];
  /** Share of each gradient, also per task. Range [0, inf), default 1 / K as in TorchJD; 1 in LibMTL. */
  preference?: PerTask | null;
  /**
   * Round-off of the Gramian, below which an eigenvalue counts as 0: 2^-49 K (default) or 2^-23 K of the largest. Take
   * `float32` for a Gramian summed up in float32, and for the cut of TorchJD and LibMTL, which drops the directions of
   * gradients some 1000 times shorter than the longest.
   */
  precision?: (typeof PRECISIONS)[number];
}

const specs = {
  scaleMode: {
    type: 'choice',
    choices: SCALE_MODES,
    default: 'min',
    summary: 'eigenvalue that all others are brought to; rmse: their mean',
  },
  preference: preferenceOption,
  precision: {
    type: 'choice',
    choices: PRECISIONS,
    default: 'float64',
    summary: 'round-off of the Gramian: smaller eigenvalues count as 0',
  },
} as const satisfies SpecsOf<AlignedMtlOptions>;

/**
 * Gradients made orthogonal and equal in size: with G = V diag(lambda) V', alpha = sqrt(s) V lambda^(-1/2) V' u over the
 * lambda that are not 0, s the least (median, mean) of them (Senushkin et al. 2023, algorithm 1). Of orthogonal gradients each is
 * shortened to the shortest, u_k min |g| / |g_k|.
 */
export function alignedMtl(options: AlignedMtlOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('aligned-mtl', specs, options);
  const { scaleMode, precision } = resolved;
  return defineGramianMethod({
    name: 'aligned-mtl',
    specs,
    options: { ...resolved },
    solve(rows, step) {
      const { values, vectors } = eigen(gramianOfRows(rows));
      const rank = rankOf({ values, vectors }, precision === 'float32' ? 2 ** -23 : ROUND_OFF);
      const roots = values.slice(0, rank).map(Math.sqrt);
      const largest = values[0]!;
      const mean = Math.sqrt(values.slice(0, rank).reduce((sum, value) => sum + value / largest / rank, 0) * largest);
      const scale = { min: roots[rank - 1]!, median: roots[Math.floor(rank / 2)]!, rmse: mean }[scaleMode];
      const share = preferences(step, resolved.preference);
      const u = rows.live.map((k) => share[k]!);
      return pseudoSolve({ values: roots, vectors }, u, rank).map((value) => scale * value);
    },
  });
}

export const alignedMtlRow: MethodRow<AlignedMtlOptions, 'gramian'> = {
  name: 'aligned-mtl',
  family: 'gramian',
  summary: 'Makes the gradients orthogonal and equally strong before it adds them.',
  citation: 'Senushkin et al., Independent Component Alignment for Multi-Task Learning, CVPR 2023, arXiv:2305.19000',
  formula: 'w = gamma sqrt(s) G^(-1/2) u, s = min lambda(G) (or median, mean), u = preference',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: alignedMtl,
};
