import { CounterpoiseError } from './errors.js';
import type { Need } from './evidence.js';
import type { Json } from './json.js';
import type { Method } from './method.js';
import { mean } from './methods/fixed/mean.js';
import { random } from './methods/fixed/random.js';
import { staticWeights } from './methods/fixed/static.js';
import { sum } from './methods/fixed/sum.js';
import { alignedMtl } from './methods/gramian/aligned-mtl.js';
import { cagrad } from './methods/gramian/cagrad.js';
import { config } from './methods/gramian/config.js';
import { dualproj } from './methods/gramian/dualproj.js';
import { fairgrad } from './methods/gramian/fairgrad.js';
import { gradvac } from './methods/gramian/gradvac.js';
import { imtl } from './methods/gramian/imtl.js';
import { imtlG } from './methods/gramian/imtl-g.js';
import { krum } from './methods/gramian/krum.js';
import { mgda } from './methods/gramian/mgda.js';
import { modo } from './methods/gramian/modo.js';
import { nashMtl } from './methods/gramian/nash-mtl.js';
import { pcgrad } from './methods/gramian/pcgrad.js';
import { sdmgrad } from './methods/gramian/sdmgrad.js';
import { upgrad } from './methods/gramian/upgrad.js';
import { famo } from './methods/learned/famo.js';
import { imtlL } from './methods/learned/imtl-l.js';
import { uncertainty } from './methods/learned/uncertainty.js';
import { uncertaintyLog1p } from './methods/learned/uncertainty-log1p.js';
import { cosmos } from './methods/losses/cosmos.js';
import { cov } from './methods/losses/cov.js';
import { dwa } from './methods/losses/dwa.js';
import { geometricMean } from './methods/losses/geometric-mean.js';
import { logSum } from './methods/losses/log-sum.js';
import { pbi } from './methods/losses/pbi.js';
import { relobralo } from './methods/losses/relobralo.js';
import { selfBalance } from './methods/losses/self-balance.js';
import { softAdapt } from './methods/losses/soft-adapt.js';
import { stch } from './methods/losses/stch.js';
import { tchebycheff } from './methods/losses/tchebycheff.js';
import { uncertaintySoftmax } from './methods/losses/uncertainty-softmax.js';
import { dbMtl } from './methods/norms/db-mtl.js';
import { encodec } from './methods/norms/encodec.js';
import { gradNorm } from './methods/norms/grad-norm.js';
import { jaxpi } from './methods/norms/jaxpi.js';
import { normEqualize } from './methods/norms/norm-equalize.js';
import { pinnAnnealing } from './methods/norms/pinn-annealing.js';
import { ema } from './methods/statistics/ema.js';
import { initialLoss } from './methods/statistics/initial-loss.js';
import { runningMax } from './methods/statistics/running-max.js';
import { runningMean } from './methods/statistics/running-mean.js';
import { runningQuantile } from './methods/statistics/running-quantile.js';
import { runningRms } from './methods/statistics/running-rms.js';
import { zScore } from './methods/statistics/z-score.js';

/** The maker of every method by its name, baselines first. `counterpoise/catalog` has what there is to say about each. */
const creators = {
  sum,
  mean,
  static: staticWeights,
  random,
  'running-max': runningMax,
  'running-mean': runningMean,
  ema,
  'running-quantile': runningQuantile,
  'running-rms': runningRms,
  'z-score': zScore,
  'initial-loss': initialLoss,
  'log-sum': logSum,
  'geometric-mean': geometricMean,
  dwa,
  'uncertainty-softmax': uncertaintySoftmax,
  cov,
  'soft-adapt': softAdapt,
  relobralo,
  stch,
  tchebycheff,
  cosmos,
  pbi,
  'self-balance': selfBalance,
  uncertainty,
  'uncertainty-log1p': uncertaintyLog1p,
  'imtl-l': imtlL,
  famo,
  'grad-norm': gradNorm,
  'norm-equalize': normEqualize,
  encodec,
  'pinn-annealing': pinnAnnealing,
  jaxpi,
  'db-mtl': dbMtl,
  mgda,
  pcgrad,
  gradvac,
  'imtl-g': imtlG,
  imtl,
  cagrad,
  'nash-mtl': nashMtl,
  fairgrad,
  'aligned-mtl': alignedMtl,
  upgrad,
  dualproj,
  config,
  sdmgrad,
  modo,
  krum,
} as const;

export type MethodName = keyof typeof creators;

/** The options of a method by its name; of a name known only at run time, any record. */
export type OptionsOf<K extends string> = K extends MethodName
  ? NonNullable<Parameters<(typeof creators)[K]>[0]>
  : Readonly<Record<string, unknown>>;

/** What a method by its name needs; for a name known only at run time, `update` alone checks it. */
export type NeedsOf<K extends string> = K extends MethodName
  ? ReturnType<(typeof creators)[K]> extends Method<Json, infer N>
    ? N
    : never
  : 'losses';

/**
 * A method by its name. For a name known at compile time the options are typed; for any other string they are checked
 * at run time alone, against the same table. Throws a `CounterpoiseError` with code `option`.
 */
export function createMethod<K extends string>(name: K, options?: OptionsOf<K>): Method<Json, NeedsOf<K>> {
  if (!Object.hasOwn(creators, name)) {
    throw new CounterpoiseError(
      'option',
      `there is no method "${name}"; the methods are ${Object.keys(creators).join(', ')}`,
    );
  }
  const create = creators[name as MethodName] as (options: object) => Method<Json, Need>;
  return create(options ?? {}) as Method<Json, NeedsOf<K>>;
}
