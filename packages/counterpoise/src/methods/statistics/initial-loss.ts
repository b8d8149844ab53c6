import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type Mean, mean } from '../../statistics/mean.js';
import {
  defineStatisticMethod,
  type StatisticMemory,
  type StatisticOptions,
  statisticProperties,
  statisticSpecs,
} from './statistic-rule.js';

export interface InitialLossOptions extends StatisticOptions {
  /** Number of first positive losses of the task whose mean is taken. Integer >= 1, default 1. */
  steps?: number;
}

const specs = {
  steps: integerOption('[1, inf)', {
    default: 1,
    unit: 'steps',
    summary: 'number of first positive losses of the task whose mean is taken',
  }),
  ...statisticSpecs(1e-30),
} as const satisfies SpecsOf<InitialLossOptions>;

/**
 * w_k = gamma_k / mean of the first losses of task k, then frozen: static weights that choose themselves. The mean so far
 * serves until there are `steps` of them; zeros are passed over, for they would freeze a scale of 0.
 */
export function initialLoss(options: InitialLossOptions = {}): Method<StatisticMemory<Mean>> {
  const resolved = resolveOptions('initial-loss', specs, options);
  return defineStatisticMethod({
    name: 'initial-loss',
    specs,
    options: resolved,
    statistic: {
      ...mean,
      record: (size, memory) => (size > 0 && memory.count < resolved.steps ? mean.record(size, memory) : memory),
    },
    denominator: Math.max,
  });
}

export const initialLossRow: MethodRow<InitialLossOptions> = {
  name: 'initial-loss',
  family: 'statistics',
  summary: 'Divide each loss by its first value, or the mean of its first values, for the whole run.',
  citation: 'Chen et al., GradNorm (training rate L / L(0)), ICML 2018, arXiv:1711.02257',
  formula: 'w_k = gamma_k / max(mean of the first L_k, epsilon)',
  needs: ['losses'],
  options: specs,
  properties: statisticProperties,
  create: initialLoss,
};
