import { CounterpoiseError } from '../../errors.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface TrimmedMeanOptions {
  /** How many of the largest and how many of the smallest values are left out. Range [0, (K - 1) / 2], default 1. */
  trim?: number;
}

const specs = {
  trim: integerOption('[0, inf)', {
    default: 1,
    unit: '1',
    summary: 'how many values are left out at either end, fewer than half of the losses',
  }),
} as const satisfies SpecsOf<TrimmedMeanOptions>;

/** The weights of `mean`: which gradients count differs from entry to entry. */
export function trimmedMean(options: TrimmedMeanOptions = {}): Method<null> {
  const resolved = resolveOptions('trimmed-mean', specs, options);
  return defineMethod<null>({
    name: 'trimmed-mean',
    needs: [],
    specs,
    options: { ...resolved },
    ...stateless,
    init(tasks) {
      const least = 2 * resolved.trim + 1;
      if (tasks.length >= least) return null;
      throw new CounterpoiseError(
        'option',
        `trimmed-mean with "trim" ${resolved.trim} needs at least ${least} losses, got ${tasks.length}`,
      );
    },
    weigh: ({ active, present }) => ({ weights: active.map(() => 1 / present), memory: null }),
  });
}

export const trimmedMeanRow: MethodRow<TrimmedMeanOptions> = {
  name: 'trimmed-mean',
  family: 'gradients',
  summary: 'Mean of the gradients, for every entry without its largest and smallest values.',
  citation: 'Yin et al., Byzantine-Robust Distributed Learning, ICML 2018, arXiv:1803.01498',
  formula: 'per entry: the mean of gamma_k g_k without the "trim" largest and the "trim" smallest of them',
  needs: [],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric'],
  create: trimmedMean,
};
