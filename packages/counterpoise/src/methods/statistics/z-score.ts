import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { type Spread, spread } from '../../statistics/moments.js';
import {
  betaOption,
  defineStatisticMethod,
  type SignedStatisticOptions,
  type StatisticMemory,
  signedStatisticSpecs,
  statisticProperties,
} from './statistic-rule.js';

export interface ZScoreOptions extends SignedStatisticOptions {
  /** Memory: about 1 / (1 - beta) steps. Range (0, 1], default 1: all losses so far count alike. */
  beta?: number;
  /** Smallest standard deviation, as a share of |mean|: keeps the weight of a loss that has settled in bounds. Range [0, inf), default 0.1. */
  floor?: number;
}

const specs = {
  beta: betaOption,
  floor: numberOption('[0, inf)', {
    default: 0.1,
    unit: '1',
    summary: 'smallest standard deviation, as a share of |mean|',
  }),
  ...signedStatisticSpecs(1e-30),
} as const satisfies SpecsOf<ZScoreOptions>;

/**
 * The weight that (L - mean) / std gives: w_k = gamma_k / std_k, std of the losses of task k so far and at least
 * floor |mean_k|. Subtracting the mean would move the total but no gradient, so it is left out. The first
 * loss has no deviation and is divided by its own size. Losses of any sign.
 */
export function zScore(options: ZScoreOptions = {}): Method<StatisticMemory<Spread>> {
  const resolved = resolveOptions('z-score', specs, options);
  return defineStatisticMethod({
    name: 'z-score',
    specs,
    options: resolved,
    statistic: spread(resolved.beta, resolved.floor),
    denominator: Math.max,
  });
}

export const zScoreRow: MethodRow<ZScoreOptions> = {
  name: 'z-score',
  family: 'statistics',
  summary: 'Divide each loss by its standard deviation, with a floor: takes losses of any sign.',
  citation: 'Running variance: Welford, Technometrics 1962',
  formula: 'w_k = gamma_k / max(std_beta(L_k), floor |mean_beta(L_k)|, epsilon)',
  needs: ['losses'],
  options: specs,
  properties: [...statisticProperties, 'signed'],
  create: zScore,
};
