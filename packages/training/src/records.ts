/**
 * The names in the metrics files, and the way back from a file to curves. Names with a slash, as TensorBoard groups
 * them: `train/loss/box`, `val/loss/box`, `weight/box`, `gradientNorm/box`, `cosine/class:box`, `metric/accuracy`.
 */
import { readFileSync } from 'node:fs';
import { sharesOf } from './shares.js';

/** A flat record. NaN and infinities, which JSON lacks, become null. */
export type MetricsRecord = { readonly [field: string]: number | string | boolean | null };

type Values = Readonly<Record<string, number>>;

export interface StepValues {
  /** From 1. */
  readonly epoch: number;
  /** Optimiser steps since the beginning of the training, this one included. */
  readonly step: number;
  readonly learningRate: number;
  /** Raw losses, before any weight. */
  readonly losses: Values;
  readonly weights: Values;
  /** Of the raw losses, by loss; leave it out in steps that did not measure it. */
  readonly gradientNorms?: Values;
  /** Between the gradients of two losses, in [-1, 1], by pair: `class:box`, in the order of the losses. As above. */
  readonly cosines?: Values;
}

export interface EpochValues extends Omit<StepValues, 'losses' | 'gradientNorms' | 'cosines'> {
  /** Mean raw training losses of the epoch. */
  readonly trainLosses: Values;
  /** Mean raw validation losses; leave it out when nothing was validated. */
  readonly valLosses?: Values;
  /** Validation metrics, for example accuracy, meanIou. */
  readonly metrics?: Values;
}

/** The record of a step for `MetricsLog.step`. */
export function stepRecord(values: StepValues): MetricsRecord {
  const { epoch, step, learningRate, losses, weights, gradientNorms = {}, cosines = {} } = values;
  return {
    epoch,
    step,
    learningRate,
    ...prefixed('train/loss/', losses),
    ...prefixed('weight/', weights),
    ...prefixed('gradientNorm/', gradientNorms),
    ...prefixed('cosine/', cosines),
  };
}

/** The record of an epoch for `MetricsLog.epoch`; its columns are `epochColumns`. */
export function epochRecord(values: EpochValues): MetricsRecord {
  const { epoch, step, learningRate, trainLosses, valLosses = {}, metrics = {}, weights } = values;
  return {
    epoch,
    step,
    learningRate,
    ...prefixed('train/loss/', trainLosses),
    ...prefixed('val/loss/', valLosses),
    ...prefixed('weight/', weights),
    ...prefixed('metric/', metrics),
  };
}

/** The columns of `metrics.csv` for these losses and metrics. */
export function epochColumns(losses: readonly string[], metrics: readonly string[]): string[] {
  const groups = ['train/loss/', 'val/loss/', 'weight/'].flatMap((prefix) => losses.map((loss) => prefix + loss));
  return ['epoch', 'step', 'learningRate', ...groups, ...metrics.map((metric) => `metric/${metric}`)];
}

/** The same values under longer names. */
export function prefixed(prefix: string, values: Values): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/**
 * What TensorBoard shows of the record of a step: `train/box`, `weight/box`, `share/box` (of the weighted total),
 * `gradient_norm/box`, `cosine/class:box` and `learning_rate`; other numbers, such as `charts/episodic_return`, under their own names.
 */
export function stepScalars(record: MetricsRecord): Record<string, number> {
  const [losses, weights] = [numbersOf(record, 'train/loss/'), numbersOf(record, 'weight/')];
  const others = Object.entries(numbersOf(record, '')).filter(([field]) => !RENAMED.test(field));
  return {
    ...Object.fromEntries(others),
    ...prefixed('train/', losses),
    ...prefixed('weight/', weights),
    ...prefixed('share/', sharesOf(losses, weights)),
    ...prefixed('gradient_norm/', numbersOf(record, 'gradientNorm/')),
    ...prefixed('cosine/', numbersOf(record, 'cosine/')),
    ...(typeof record.learningRate === 'number' && { learning_rate: record.learningRate }),
  };
}

/** Fields that are shown under another name, or are positions. */
const RENAMED = /^(epoch|step|learningRate)$|^(train\/loss|weight|gradientNorm|cosine)\//;

/**
 * What TensorBoard shows of the record of an epoch: the losses as `val/box`, beside the `train/box` of the steps, and the
 * metrics as `metric/accuracy`: a loss and a metric may have the same name. Its training losses and weights are means of steps
 * that have been told.
 */
export function epochScalars(record: MetricsRecord): Record<string, number> {
  return {
    ...prefixed('val/', numbersOf(record, 'val/loss/')),
    ...prefixed('metric/', numbersOf(record, 'metric/')),
  };
}

/** The fields that begin so and are numbers, by the rest of their names. */
function numbersOf(record: MetricsRecord, prefix: string): Record<string, number> {
  const numbers = Object.entries(record).filter((entry): entry is [string, number] => {
    return entry[0].startsWith(prefix) && typeof entry[1] === 'number';
  });
  return Object.fromEntries(numbers.map(([field, value]) => [field.slice(prefix.length), value]));
}

/** A value per step or per epoch over time; NaN where there was none. */
export interface Series {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The curves of one run; every key is the name of a loss, of a pair of losses (`class:box`) or of a metric. */
export interface RunCurves {
  /** From the last finished epoch; before any, all steps are taken for one epoch. */
  readonly stepsPerEpoch: number;
  /** By step. */
  readonly learningRate: Series;
  /** Raw losses by step. */
  readonly stepLosses: Record<string, Series>;
  /** Weights by step. */
  readonly weights: Record<string, Series>;
  /** |w L| / sum |w L| by step: how much of the total each loss is, in [0, 1]. */
  readonly shares: Record<string, Series>;
  /** Of the raw losses, by those steps that measured them. */
  readonly gradientNorms: Record<string, Series>;
  /** Between gradients, in [-1, 1], by those steps that measured them. */
  readonly cosines: Record<string, Series>;
  /** Means by epoch. */
  readonly trainLosses: Record<string, Series>;
  readonly valLosses: Record<string, Series>;
  readonly metrics: Record<string, Series>;
}

/**
 * Reads `metrics.jsonl`. A last line without its line feed, which a kill may leave, is left out.
 * @throws Error that names the file and the line that is not a JSON object.
 */
export function readMetrics(path: string): MetricsRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      const record: unknown = JSON.parse(line);
      if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record as MetricsRecord;
    } catch {
      // The same message as for JSON that is no object.
    }
    throw new Error(`"${path}" line ${index + 1}: not a JSON object`);
  });
}

/** Turns the records of a run (`readMetrics`) into curves. */
export function curvesFrom(records: readonly MetricsRecord[]): RunCurves {
  const steps = records.filter((record) => record.kind === 'step');
  const epochs = records.filter((record) => record.kind === 'epoch');
  const byStep = (prefix: string) => seriesOf(steps, prefix, stepOf);
  // Steps that did not measure are no gaps in a curve.
  const measured = (prefix: string) => {
    return seriesOf(
      steps.filter((record) => Object.keys(record).some((field) => field.startsWith(prefix))),
      prefix,
      stepOf,
    );
  };
  const byEpoch = (prefix: string) => seriesOf(epochs, prefix, (record) => Number(record.epoch));
  const shares = steps.map((record) => {
    const values = sharesOf(numbersOf(record, 'train/loss/'), numbersOf(record, 'weight/'));
    return { step: record.step ?? null, ...prefixed('share/', values) };
  });
  const lastEpoch = epochs.at(-1);
  const stepsPerEpoch = lastEpoch ? Number(lastEpoch.step) / Number(lastEpoch.epoch) : Math.max(1, steps.length);
  return {
    stepsPerEpoch,
    learningRate: byStep('learningRate')[''] ?? { x: [], y: [] },
    stepLosses: byStep('train/loss/'),
    weights: byStep('weight/'),
    shares: seriesOf(shares, 'share/', stepOf),
    gradientNorms: measured('gradientNorm/'),
    cosines: measured('cosine/'),
    trainLosses: byEpoch('train/loss/'),
    valLosses: byEpoch('val/loss/'),
    metrics: byEpoch('metric/'),
  };
}

const stepOf = (record: MetricsRecord) => Number(record.step);

function seriesOf(records: readonly MetricsRecord[], prefix: string, time: (record: MetricsRecord) => number) {
  const fields = new Set(records.flatMap((record) => Object.keys(record).filter((field) => field.startsWith(prefix))));
  const x = records.map(time);
  const series = [...fields].map((field) => {
    const y = records.map((record) => (typeof record[field] === 'number' ? record[field] : Number.NaN));
    return [field.slice(prefix.length), { x, y }] as const;
  });
  return Object.fromEntries<Series>(series);
}
