import type { Json, Method, Need } from 'counterpoise';
import { positive } from '../options.js';

/**
 * The method's weights, cut so that no loss pulls at the shared parameters with more than `maxNorm`: the weighted gradient of each
 * loss is clipped on its own, before they are added up,
 *
 *     w_k = w_k min(1, maxNorm / (w_k |g_k|))
 *
 * g_k the gradient of loss k at the boundary of the step. A value loss that is far too large then costs the policy nothing, where
 * one limit for the total takes both down together. It does not bring returns of another size within the critic's reach.
 *
 * @param maxNorm positive; 0.5 is CleanRL's limit for the total.
 */
export function clipLosses(method: Method<Json, Need>, maxNorm: number): Method<Json, Need> {
  positive('maxNorm', maxNorm);
  const withNorms = (needs: readonly Need[]): readonly Need[] => [...new Set([...needs, 'gradientNorms' as const])];
  return {
    ...method,
    options: { ...method.options, maxLossGradNorm: maxNorm },
    needs: withNorms(method.needs),
    needsNow: (state) => withNorms(method.needsNow(state)),
    update(evidence, state) {
      const chosen = method.update(evidence, state);
      const cut = (task: string, value: number) => {
        const norm = Math.abs(chosen.weights[task]!) * (evidence.gradientNorms?.[task] ?? 0);
        return norm > maxNorm ? (value * maxNorm) / norm : value;
      };
      const all = (values: Readonly<Record<string, number>>) =>
        Object.fromEntries(Object.entries(values).map(([task, value]) => [task, cut(task, value)]));
      const terms = all(chosen.terms);
      const total = Object.values(terms).reduce((sum, term) => sum + term, 0);
      return { ...chosen, weights: all(chosen.weights), terms, total };
    },
  };
}
