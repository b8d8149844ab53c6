import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type Ema, ema as emaStatistic } from '../../statistics/ema.js';
import {
  defineStatisticMethod,
  type StatisticMemory,
  type StatisticOptions,
  statisticSpecs,
} from './statistic-rule.js';

export interface EmaOptions extends StatisticOptions {
  /** Memory of the average: about 1 / (1 - beta) steps. Range [0, 1), default 0.99. */
  beta?: number;
}

const specs = {
  beta: numberOption('[0, 1)', {
    default: 0.99,
    unit: '1',
    summary: 'memory of the average, about 1 / (1 - beta) steps',
  }),
  ...statisticSpecs(1e-8),
} as const satisfies SpecsOf<EmaOptions>;

/**
 * w_k = gamma_k / (m_k + eps), m_k the bias-corrected exponential moving average of loss k, with a counter per task.
 * Unlike a maximum it follows a falling loss: shares stay constant and weights grow as losses fall.
 */
export function ema(options: EmaOptions = {}): Method<StatisticMemory<Ema>> {
  const resolved = resolveOptions('ema', specs, options);
  return defineStatisticMethod({
    name: 'ema',
    specs,
    options: resolved,
    statistic: emaStatistic(resolved.beta),
    denominator: (m, floor) => m + floor,
  });
}

export const emaRow: MethodRow<EmaOptions> = {
  name: 'ema',
  family: 'statistics',
  summary: 'Divide each loss by its moving average: follows falling losses, forgets outliers.',
  citation: 'Bias correction: Kingma & Ba, Adam, ICLR 2015, arXiv:1412.6980, section 3',
  formula: 'w_k = gamma_k / (m_k + epsilon), m_k = EMA_beta(L_k) / (1 - beta^n_k)',
  needs: ['losses'],
  options: specs,
  properties: ['scaleFree', 'symmetric', 'stationary'],
  create: ema,
};
