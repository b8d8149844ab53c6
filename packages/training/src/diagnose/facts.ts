/** What the measurements say, before anybody judges it. */
import { type Gap, gapOf } from './gap.js';
import type { Measured } from './measurement.js';
import { type Pair, pairsOf } from './pairs.js';
import { numberOrNull } from './scenario.js';
import { known, mean, median, quantile, successiveDeviation } from './statistics.js';

export interface LossRow {
  readonly name: string;
  /** Mean of the raw loss. */
  readonly value: number | null;
  /** Mean of |loss|: its size, also where it has both signs. */
  readonly scale: number | null;
  /** Standard deviation from step to step, without the trend, as a share of `scale`; null with fewer than two steps. */
  readonly noise: number | null;
  /** Negative in some step, or declared so. */
  readonly isSigned: boolean;
  /** Median L2 norm of its gradient on the shared parameters; null where it was not measured. */
  readonly gradientNorm: number | null;
  /** Where that norm lies in eight of ten steps. */
  readonly normSpread: readonly [low: number, high: number] | null;
}

export interface Facts {
  readonly steps: number;
  readonly losses: readonly LossRow[];
  readonly pairs: readonly Pair[];
  /** Between the values of the losses. */
  readonly lossGap: Gap | null;
  /** Between the lengths of their gradients; null without gradients, or with less than two. */
  readonly gradientGap: Gap | null;
  /** The same after each loss was divided by its size: above 1 as far as loss scale and gradient scale disagree. */
  readonly gapByValue: Gap | null;
  /** Losses whose gradient on the shared parameters was zero in every step. */
  readonly unreached: readonly string[];
}

/** @param signed names of losses that may be negative, whether or not they were. */
export function factsOf(measured: Measured, signed: readonly string[]): Facts {
  const { names, steps } = measured;
  const values = names.map((_, k) => steps.map((step) => step.losses[k]!));
  const norms = names.map((_, k) => steps.map((step) => step.norms[k]!));
  const sizes = values.map((one) => one.map(Math.abs));
  const scales = sizes.map(mean);
  const losses = names.map((name, k): LossRow => {
    const isMeasured = known(norms[k]!).length > 0;
    return {
      name,
      value: numberOrNull(mean(values[k]!)),
      scale: numberOrNull(scales[k]!),
      noise: numberOrNull(successiveDeviation(values[k]!) / scales[k]!),
      isSigned: signed.includes(name) || values[k]!.some((loss) => loss < 0),
      gradientNorm: isMeasured ? median(norms[k]!) : null,
      normSpread: isMeasured ? [quantile(norms[k]!, 0.1), quantile(norms[k]!, 0.9)] : null,
    };
  });
  return {
    steps: steps.length,
    losses,
    pairs: pairsOf(measured),
    lossGap: gapOf(names, sizes),
    gradientGap: gapOf(names, norms),
    gapByValue: gapOf(
      names,
      norms.map((one, k) => one.map((norm) => norm / scales[k]!)),
    ),
    unreached: names.filter((_, k) => {
      const measuredNorms = known(norms[k]!);
      return measuredNorms.length > 0 && measuredNorms.every((norm) => norm === 0);
    }),
  };
}
