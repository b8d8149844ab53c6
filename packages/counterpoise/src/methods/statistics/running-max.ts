import { CounterpoiseError } from '../../errors.js';
import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { decayedMax } from '../../statistics/max.js';
import { windowMax } from '../../statistics/window-max.js';
import { windowQuantile } from '../../statistics/window-quantile.js';
import { defineStatisticMethod, type StatisticOptions, statisticSpecs } from './statistic-rule.js';

export interface RunningMaxOptions extends StatisticOptions {
  /** m <- max(decay m, L), so that an outlier is forgotten. Range (0, 1], default 1: never. Excludes `window`. */
  decay?: number;
  /** Maximum over the last `window` losses of the task only. Integer >= 1; default null: over all. */
  window?: number | null;
  /** This quantile of the window in its maximum's place; normalised losses may then exceed 1. Range [0, 1]; needs `window`. */
  quantile?: number | null;
}

const specs = {
  decay: numberOption('(0, 1]', {
    default: 1,
    unit: '1',
    summary: 'factor on the maximum before each new loss, so that an outlier is forgotten; 1: never',
  }),
  window: integerOption('[1, inf)', {
    default: null,
    unit: 'steps',
    summary: 'maximum over this many last losses of the task; absent: over all',
  }),
  quantile: numberOption('[0, 1]', {
    default: null,
    unit: '1',
    summary: "this quantile of the window in its maximum's place; needs window",
  }),
  // 1 / 1e-30 and gradients times it still fit float32; any larger default would break L / m for tiny losses.
  ...statisticSpecs(1e-30),
} as const satisfies SpecsOf<RunningMaxOptions>;

/**
 * m_k <- max(m_k, L_k) with the current loss included; w_k = gamma_k / m_k, a constant for the gradient;
 * total = sum_k gamma_k L_k / m_k, or its mean. Each L_k / m_k is in [0, 1]. Source: the forum answer in the row below.
 */
export function runningMax(options: RunningMaxOptions = {}): Method {
  const resolved = resolveOptions('running-max', specs, options);
  const { decay, window, quantile } = resolved;
  if (window !== null && decay !== 1) {
    throw new CounterpoiseError(
      'option',
      `"decay" ${decay} and "window" ${window} exclude each other: both forget old losses`,
    );
  }
  if (window === null && quantile !== null) {
    throw new CounterpoiseError(
      'option',
      `"quantile" ${quantile} needs "window", the number of losses it is taken over`,
    );
  }
  const common = {
    name: 'running-max',
    specs,
    options: resolved,
    denominator: (m: number, floor: number) => Math.max(m, floor),
  };
  if (window === null) return defineStatisticMethod({ ...common, statistic: decayedMax(decay) });
  if (quantile === null) return defineStatisticMethod({ ...common, statistic: windowMax(window) });
  return defineStatisticMethod({ ...common, statistic: windowQuantile(window, quantile) });
}

export const runningMaxRow: MethodRow<RunningMaxOptions> = {
  name: 'running-max',
  family: 'statistics',
  summary: 'Divide each loss by the largest value it has had: every loss starts in [0, 1].',
  citation: 'https://discuss.pytorch.org/t/normalization-of-losses-with-different-scales/191633',
  formula: 'w_k = gamma_k / m_k, m_k = max(m_k, L_k)',
  needs: ['losses'],
  options: specs,
  properties: ['scaleFree', 'symmetric', 'stationary'],
  create: runningMax,
};
