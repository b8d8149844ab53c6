import type { PerTask } from '../../json.js';
import { eigen, pseudoSolve, ROUND_OFF, rankOf } from '../../linalg/eigen.js';
import { solveDefinite } from '../../linalg/solve.js';
import { dot, multiply, sumOfSizes } from '../../linalg/vectors.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { preferenceOption, preferences } from '../losses/preference.js';
import { defineGramianMethod } from './solve-gramian.js';

export interface ConfigOptions {
  /** Projection of the update on each unit gradient, up to a common factor. Range [0, inf), default equal for all (1 / K). */
  preference?: PerTask | null;
}

const specs = { preference: preferenceOption } as const satisfies SpecsOf<ConfigOptions>;

/**
 * The direction whose projections on the unit gradients are as `preference`, in equal parts by default: x = U^+ u, on the
 * Gramian sum_k q_k g_k / |g_k| with q = C^+ u and the cosines C; its length is sum_k g_k . x / |x| (Liu et al. 2024,
 * equations 2 and 3). More gradients than dimensions: least squares. Where the unit gradients cancel (x = 0) the
 * weights are those of orthogonal gradients, with reason `fallback`; their update is 0 as well.
 */
export function config(options: ConfigOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('config', specs, options);
  return defineGramianMethod({
    name: 'config',
    specs,
    options: { ...resolved },
    solve({ live, norms, cosines }, step) {
      const share = preferences(step, resolved.preference);
      const u = live.map((k) => share[k]!);
      if (!(dot(u, multiply(cosines, u)) > ROUND_OFF * u.length * sumOfSizes(u) ** 2)) return null;
      let q = solveDefinite(cosines, u);
      if (!q) {
        const parts = eigen(cosines);
        q = pseudoSolve(parts, u, rankOf(parts));
      }
      const projections = multiply(cosines, q);
      const factor = dot(norms, projections) / dot(q, projections);
      return q.map((value, k) => (factor * value) / norms[k]!);
    },
  });
}

export const configRow: MethodRow<ConfigOptions, 'gramian'> = {
  name: 'config',
  family: 'gramian',
  summary: 'The update at one angle to all gradients, as long as their projections on it together.',
  citation: 'Liu, Chu & Thuerey, ConFIG: Conflict-Free Training of PINNs, ICLR 2025, arXiv:2408.11104',
  formula: 'w_k = gamma_k l q_k / (|g_k| |x|), q = C^+ u, x = sum_k q_k g_k / |g_k|, l = sum_k g_k . x / |x|',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'linear', 'stationary'],
  create: config,
};
