import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, resolveOptions, type SpecsOf } from '../../options.js';
import type { Reason } from '../../screen.js';
import { stateless } from '../../stateless.js';

export interface KrumOptions {
  /** Number f of gradients that may be faulty: K must be at least f + 3. Default 0. */
  byzantine?: number;
  /** Number m of gradients that are averaged (Multi-Krum for m > 1). Default 1. */
  selected?: number;
}

const specs = {
  byzantine: integerOption('[0, inf)', {
    default: 0,
    unit: '1',
    summary: 'gradients that may be faulty; K >= this + 3',
  }),
  selected: integerOption('[1, inf)', { default: 1, unit: '1', summary: 'gradients that are averaged' }),
} as const satisfies SpecsOf<KrumOptions>;

/**
 * The `selected` gradients with the smallest sum of distances to their K - byzantine - 2 nearest ones weigh
 * 1 / selected, the others 0. Distances as in TorchJD; the paper adds up their squares, which ranks alike for one
 * neighbour only. Equal sums (for K = 3 two always are): the shorter gradient goes first, then the order of the tasks.
 * For fewer than byzantine + 3 gradients the nearest one alone is counted.
 */
export function krum(options: KrumOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('krum', specs, options);
  const { byzantine, selected } = resolved;
  return defineMethod<null, 'gramian'>({
    name: 'krum',
    needs: ['gramian'],
    specs,
    options: { ...resolved },
    ...stateless,
    weigh({ active, gramian }) {
      const size = active.length;
      const largest = Math.max(...gramian.map((row, k) => row[k]!));
      const scaled = largest > 0 ? gramian.map((row) => row.map((value) => value / largest)) : gramian;
      const ranked = scaled.map((row, k) => {
        const length = row[k]!;
        const distances = row
          .map((dot, j) => Math.sqrt(Math.max(0, length + scaled[j]![j]! - 2 * dot)))
          .filter((_, j) => j !== k)
          .sort((a, b) => a - b);
        const nearest = distances.slice(0, Math.max(1, size - byzantine - 2));
        return { k, length, score: nearest.reduce((sum, distance) => sum + distance, 0) };
      });
      ranked.sort((a, b) => a.score - b.score || a.length - b.length || a.k - b.k);
      const chosen = ranked.slice(0, selected);
      const weights = active.map(() => 0);
      for (const { k } of chosen) weights[k] = 1 / chosen.length;
      const reasons: Record<string, Reason> = {};
      if (size < byzantine + 3) {
        const message = `krum needs ${byzantine + 3} gradients ("byzantine" + 3) and has ${size}: counted the nearest one alone`;
        for (const { task } of active) reasons[task] = { code: 'fallback', message };
      }
      return { weights, memory: null, reasons };
    },
  });
}

export const krumRow: MethodRow<KrumOptions, 'gramian'> = {
  name: 'krum',
  family: 'gramian',
  summary: 'Keeps only the gradients that lie closest to the others: robust against faulty ones.',
  citation: 'Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017, arXiv:1703.02757',
  formula: 'w_k = gamma_k / selected for the smallest sums over the K - byzantine - 2 nearest j of |g_k - g_j|',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: krum,
};
