import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { type Rms, rms } from '../../statistics/moments.js';
import {
  betaOption,
  defineStatisticMethod,
  type SignedStatisticOptions,
  type StatisticMemory,
  signedStatisticSpecs,
  statisticProperties,
} from './statistic-rule.js';

export interface RunningRmsOptions extends SignedStatisticOptions {
  /** Memory: about 1 / (1 - beta) steps. Range (0, 1], default 1: all losses so far count alike. */
  beta?: number;
}

const specs = { beta: betaOption, ...signedStatisticSpecs(1e-30) } as const satisfies SpecsOf<RunningRmsOptions>;

/**
 * w_k = gamma_k / sqrt(mean of L_k^2), with weights beta^age and bias correction. It squares, so losses of any sign are
 * taken as they are; but a signed loss whose mean is about 0 has a size that is mostly noise: `fixed` is for those.
 */
export function runningRms(options: RunningRmsOptions = {}): Method<StatisticMemory<Rms>> {
  const resolved = resolveOptions('running-rms', specs, options);
  return defineStatisticMethod({
    name: 'running-rms',
    specs,
    options: resolved,
    statistic: rms(resolved.beta),
    denominator: Math.max,
  });
}

export const runningRmsRow: MethodRow<RunningRmsOptions> = {
  name: 'running-rms',
  family: 'statistics',
  summary: 'Divide each loss by its root mean square: takes losses of any sign.',
  citation: 'Root mean square as in RMSProp: Tieleman & Hinton, Coursera lecture 6.5, 2012',
  formula: 'w_k = gamma_k / max(sqrt(mean_beta L_k^2), epsilon)',
  needs: ['losses'],
  options: specs,
  properties: [...statisticProperties, 'signed'],
  create: runningRms,
};
