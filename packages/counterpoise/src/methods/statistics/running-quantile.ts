import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type WindowQuantile, windowQuantile } from '../../statistics/window-quantile.js';
import {
  defineStatisticMethod,
  type StatisticMemory,
  type StatisticOptions,
  statisticProperties,
  statisticSpecs,
} from './statistic-rule.js';

export interface RunningQuantileOptions extends StatisticOptions {
  /** Which quantile: 0.5, the default, is the median, 1 the maximum. Range [0, 1]. */
  quantile?: number;
  /** Number of last losses of the task that it is taken over. Integer >= 1, default 100. */
  window?: number;
}

const specs = {
  quantile: numberOption('[0, 1]', { default: 0.5, unit: '1', summary: 'which quantile; 0.5: the median' }),
  window: integerOption('[1, inf)', {
    default: 100,
    unit: 'steps',
    summary: 'number of last losses of the task that it is taken over',
  }),
  ...statisticSpecs(1e-30),
} as const satisfies SpecsOf<RunningQuantileOptions>;

/**
 * w_k = gamma_k / quantile of the last losses of task k, linear between ranks. The median does not see outliers at all, as
 * long as they are fewer than half of the window. A loss that is 0 in more than that share of the window has no scale.
 */
export function runningQuantile(options: RunningQuantileOptions = {}): Method<StatisticMemory<WindowQuantile>> {
  const resolved = resolveOptions('running-quantile', specs, options);
  return defineStatisticMethod({
    name: 'running-quantile',
    specs,
    options: resolved,
    statistic: windowQuantile(resolved.window, resolved.quantile),
    denominator: Math.max,
  });
}

export const runningQuantileRow: MethodRow<RunningQuantileOptions> = {
  name: 'running-quantile',
  family: 'statistics',
  summary: 'Divide each loss by the median, or another quantile, of its last values: blind to outliers.',
  citation: 'Quantile of type 7: Hyndman & Fan, Sample Quantiles in Statistical Packages, Am. Stat. 1996',
  formula: 'w_k = gamma_k / max(Q_quantile(last L_k), epsilon)',
  needs: ['losses'],
  options: specs,
  properties: statisticProperties,
  create: runningQuantile,
};
