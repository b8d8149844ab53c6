import type { MethodName } from './create-method.js';
import { CounterpoiseError } from './errors.js';
import type { MethodRow } from './method-row.js';
import { meanRow } from './methods/fixed/mean.js';
import { randomRow } from './methods/fixed/random.js';
import { staticRow } from './methods/fixed/static.js';
import { sumRow } from './methods/fixed/sum.js';
import { alignedMtlRow } from './methods/gramian/aligned-mtl.js';
import { cagradRow } from './methods/gramian/cagrad.js';
import { configRow } from './methods/gramian/config.js';
import { dualprojRow } from './methods/gramian/dualproj.js';
import { fairgradRow } from './methods/gramian/fairgrad.js';
import { gradvacRow } from './methods/gramian/gradvac.js';
import { imtlRow } from './methods/gramian/imtl.js';
import { imtlGRow } from './methods/gramian/imtl-g.js';
import { krumRow } from './methods/gramian/krum.js';
import { mgdaRow } from './methods/gramian/mgda.js';
import { modoRow } from './methods/gramian/modo.js';
import { nashMtlRow } from './methods/gramian/nash-mtl.js';
import { pcgradRow } from './methods/gramian/pcgrad.js';
import { sdmgradRow } from './methods/gramian/sdmgrad.js';
import { upgradRow } from './methods/gramian/upgrad.js';
import { famoRow } from './methods/learned/famo.js';
import { imtlLRow } from './methods/learned/imtl-l.js';
import { uncertaintyRow } from './methods/learned/uncertainty.js';
import { uncertaintyLog1pRow } from './methods/learned/uncertainty-log1p.js';
import { cosmosRow } from './methods/losses/cosmos.js';
import { covRow } from './methods/losses/cov.js';
import { dwaRow } from './methods/losses/dwa.js';
import { geometricMeanRow } from './methods/losses/geometric-mean.js';
import { logSumRow } from './methods/losses/log-sum.js';
import { pbiRow } from './methods/losses/pbi.js';
import { relobraloRow } from './methods/losses/relobralo.js';
import { selfBalanceRow } from './methods/losses/self-balance.js';
import { softAdaptRow } from './methods/losses/soft-adapt.js';
import { stchRow } from './methods/losses/stch.js';
import { tchebycheffRow } from './methods/losses/tchebycheff.js';
import { uncertaintySoftmaxRow } from './methods/losses/uncertainty-softmax.js';
import { dbMtlRow } from './methods/norms/db-mtl.js';
import { encodecRow } from './methods/norms/encodec.js';
import { gradNormRow } from './methods/norms/grad-norm.js';
import { jaxpiRow } from './methods/norms/jaxpi.js';
import { normEqualizeRow } from './methods/norms/norm-equalize.js';
import { pinnAnnealingRow } from './methods/norms/pinn-annealing.js';
import { emaRow } from './methods/statistics/ema.js';
import { initialLossRow } from './methods/statistics/initial-loss.js';
import { runningMaxRow } from './methods/statistics/running-max.js';
import { runningMeanRow } from './methods/statistics/running-mean.js';
import { runningQuantileRow } from './methods/statistics/running-quantile.js';
import { runningRmsRow } from './methods/statistics/running-rms.js';
import { zScoreRow } from './methods/statistics/z-score.js';
import { wholeGradientMethods } from './whole-gradients.js';

/** What there is to say about every method of numbers alone, by name; baselines first. */
export const methods = {
  sum: sumRow,
  mean: meanRow,
  static: staticRow,
  random: randomRow,
  'running-max': runningMaxRow,
  'running-mean': runningMeanRow,
  ema: emaRow,
  'running-quantile': runningQuantileRow,
  'running-rms': runningRmsRow,
  'z-score': zScoreRow,
  'initial-loss': initialLossRow,
  'log-sum': logSumRow,
  'geometric-mean': geometricMeanRow,
  dwa: dwaRow,
  'uncertainty-softmax': uncertaintySoftmaxRow,
  cov: covRow,
  'soft-adapt': softAdaptRow,
  relobralo: relobraloRow,
  stch: stchRow,
  tchebycheff: tchebycheffRow,
  cosmos: cosmosRow,
  pbi: pbiRow,
  'self-balance': selfBalanceRow,
  uncertainty: uncertaintyRow,
  'uncertainty-log1p': uncertaintyLog1pRow,
  'imtl-l': imtlLRow,
  famo: famoRow,
  'grad-norm': gradNormRow,
  'norm-equalize': normEqualizeRow,
  encodec: encodecRow,
  'pinn-annealing': pinnAnnealingRow,
  jaxpi: jaxpiRow,
  'db-mtl': dbMtlRow,
  mgda: mgdaRow,
  pcgrad: pcgradRow,
  gradvac: gradvacRow,
  'imtl-g': imtlGRow,
  imtl: imtlRow,
  cagrad: cagradRow,
  'nash-mtl': nashMtlRow,
  fairgrad: fairgradRow,
  'aligned-mtl': alignedMtlRow,
  upgrad: upgradRow,
  dualproj: dualprojRow,
  config: configRow,
  sdmgrad: sdmgradRow,
  modo: modoRow,
  krum: krumRow,
} as const satisfies Record<MethodName, object>;

/** A row without its option types, as a name known only at run time gives it; `create` checks the options against the table. */
export type AnyMethodRow = MethodRow<Readonly<Record<string, unknown>>>;

/** The same about all methods, those included that work on whole gradients and so need the engine. */
export const allMethods = { ...methods, ...wholeGradientMethods } as const;

/** The row of a method of either kind; throws an error that lists all methods. */
export function methodRow(name: string): AnyMethodRow {
  if (!Object.hasOwn(allMethods, name)) {
    throw new CounterpoiseError(
      'option',
      `there is no method "${name}"; the methods are ${Object.keys(allMethods).join(', ')}`,
    );
  }
  return allMethods[name as keyof typeof allMethods] as unknown as AnyMethodRow;
}
