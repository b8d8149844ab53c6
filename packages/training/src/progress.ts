/**
 * The progress of a training on a terminal, in a log file, or for another program. Terminal: one live line, and one row
 * of a table per epoch. Anything else: plain lines, one per epoch and at most one per ten seconds between. JSON: one
 * object per line and nothing else.
 */
import type { Writable } from 'node:stream';
import { EpochMeans } from './epoch-means.js';
import { formatCell, formatDuration, formatNumber } from './format.js';
import { describeLosses, describeRate, describeTime } from './progress-line.js';
import { liveProgress } from './progress-live.js';
import { RateMeter } from './rate.js';
import { type EpochValues, prefixed } from './records.js';

type Values = Readonly<Record<string, number>>;

export interface ProgressOptions {
  /** `auto` (default): live on a terminal, plain lines elsewhere. */
  readonly mode?: 'auto' | 'json' | 'quiet';
  /** Default process.stdout. On a terminal it has `isTTY` and `columns`. */
  readonly stream?: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Epochs of the whole training. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Optimiser steps done before, in a resumed run. Default 0. */
  readonly stepsDone?: number;
  /** What is counted for the rate. Default "images". */
  readonly unit?: string;
  /** How metrics are called on the screen, by name, for example `{ meanIou: 'mean IoU' }`; JSON keeps their names. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Clock in milliseconds. Default performance.now. */
  readonly now?: () => number;
  /** Default process.env. NO_COLOR (https://no-color.org) and TERM=dumb are honoured. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface StepProgress {
  /** From 1. */
  readonly epoch: number;
  /** Step in this epoch, from 1. */
  readonly step: number;
  /** Images (or whatever `unit` says) in this step. */
  readonly count: number;
  /** Raw losses by name. */
  readonly losses: Values;
  readonly weights: Values;
}

/** Means of the epoch, and its validation. */
export type EpochProgress = Omit<EpochValues, 'step'>;

export interface Progress {
  step(progress: StepProgress): void;
  /** Validation after the epoch has come to `done` of `total` batches. */
  validation(done: number, total: number): void;
  /** Call it after validation and checkpoint, so that their time is counted. */
  epoch(progress: EpochProgress): void;
  /** A line for the reader, for example where the run folder is; in JSON mode `{"event":"message","text":...}`. */
  message(text: string): void;
  /** Takes the live line away. Call it at the end, and before an error is printed. */
  finish(): void;
}

const PLAIN_INTERVAL_MS = 10_000;

/** @throws RangeError if `epochs` or `stepsPerEpoch` is no integer above 0, or `mode` is unknown. */
export function createProgress(options: ProgressOptions): Progress {
  for (const name of ['epochs', 'stepsPerEpoch'] as const) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`"${name}" must be an integer >= 1, got ${value}`);
  }
  const { mode = 'auto', stream = process.stdout, environment = process.env, now = () => performance.now() } = options;
  const { epochs, stepsPerEpoch, stepsDone = 0, unit = 'images', labels = {} } = options;
  const meter = new RateMeter({ epochs, stepsPerEpoch, stepsDone, now: now() });
  const settings: Settings = { epochs, stepsPerEpoch, unit, labels, stream, meter, now, color: !environment.NO_COLOR };
  switch (mode) {
    case 'quiet':
      return { step() {}, validation() {}, epoch() {}, message() {}, finish() {} };
    case 'json':
      return jsonProgress(settings);
    case 'auto':
      return stream.isTTY && environment.TERM !== 'dumb' ? liveProgress(settings) : plainProgress(settings);
    default:
      throw new RangeError(`"mode" must be "auto", "json" or "quiet", got ${JSON.stringify(mode)}`);
  }
}

type Settled = 'epochs' | 'stepsPerEpoch' | 'unit' | 'labels' | 'stream' | 'now';

/** The options with their defaults. */
export interface Settings extends Required<Pick<ProgressOptions, Settled>> {
  readonly meter: RateMeter;
  readonly color: boolean;
}

function jsonProgress({ stream, meter, now }: Settings): Progress {
  const write = (event: string, fields: object) => void stream.write(`${JSON.stringify({ event, ...fields })}\n`);
  const time = () => ({ perSecond: round(meter.perSecond), secondsLeft: round(meter.secondsLeft) });
  return {
    step(progress) {
      meter.endStep(now(), progress.count);
      write('step', { ...progress, ...time() });
    },
    validation() {},
    epoch(progress) {
      meter.endEpoch(now());
      write('epoch', { epoch: progress.epoch, values: epochValues(progress), ...time() });
    },
    message: (text) => write('message', { text }),
    finish() {},
  };
}

function plainProgress(settings: Settings): Progress {
  const { stream, meter, now, epochs, stepsPerEpoch, unit, labels } = settings;
  const means = new EpochMeans();
  let lastLine = now();
  const line = (...cells: string[]) => {
    lastLine = now();
    stream.write(`${cells.join('  ')}\n`);
  };
  return {
    step(progress) {
      meter.endStep(now(), progress.count);
      means.add(progress);
      if (now() - lastLine < PLAIN_INTERVAL_MS) return;
      const position = `epoch ${progress.epoch}/${epochs} step ${progress.step}/${stepsPerEpoch}`;
      line(position, ...describeLosses(means.values), ...describeRate(meter, unit), ...describeTime(meter));
    },
    validation() {},
    epoch(progress) {
      const seconds = meter.endEpoch(now());
      const { weights, learningRate } = progress;
      const values = { ...epochValues(progress, labels), ...prefixed('weight ', weights) };
      const cells = Object.entries(values).map(([name, value]) => `${name} ${formatCell(value)}`);
      cells.push(`lr ${formatNumber(learningRate)}`, ...describeRate(meter, unit));
      cells.push(`took ${formatDuration(seconds)}`, ...describeTime(meter));
      line(`epoch ${progress.epoch}/${epochs}`, ...cells);
    },
    message: (text) => line(text),
    finish() {},
  };
}

function epochValues(
  { trainLosses, valLosses = {}, metrics = {} }: EpochProgress,
  labels: Record<string, string> = {},
) {
  const named = Object.entries(metrics).map(([name, value]) => [labels[name] ?? name, value] as const);
  return { ...trainLosses, ...prefixed('val ', valLosses), ...Object.fromEntries(named) };
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
