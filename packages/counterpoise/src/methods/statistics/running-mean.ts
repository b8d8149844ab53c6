import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { type Mean, mean } from '../../statistics/mean.js';
import {
  defineStatisticMethod,
  type StatisticMemory,
  type StatisticOptions,
  statisticProperties,
  statisticSpecs,
} from './statistic-rule.js';

const specs = statisticSpecs(1e-30);

/**
 * w_k = gamma_k / mean of all losses of task k so far. Less ruled by one early outlier than a maximum, and with every loss
 * it moves less: its memory is the whole run. `ema` forgets.
 */
export function runningMean(options: StatisticOptions = {}): Method<StatisticMemory<Mean>> {
  return defineStatisticMethod({
    name: 'running-mean',
    specs,
    options: resolveOptions('running-mean', specs, options),
    statistic: mean,
    denominator: Math.max,
  });
}

export const runningMeanRow: MethodRow<StatisticOptions> = {
  name: 'running-mean',
  family: 'statistics',
  summary: 'Divide each loss by the mean of all its values so far.',
  citation: 'Full-history mean as in Groenendijk et al., CoV-Weighting, WACV 2021, arXiv:2009.01717',
  formula: 'w_k = gamma_k / max(mean_t L_k(t), epsilon)',
  needs: ['losses'],
  options: specs,
  properties: statisticProperties,
  create: runningMean,
};
