/**
 * The progress of a training on a terminal, in a log file, or for another program. Terminal: one live line, and one row
 * of a table per epoch. Anything else: plain lines, one per epoch and at most one per ten seconds between. JSON: one
 * object per line and nothing else.
 */
import type { Writable } from 'node:stream';
import { formatCell, formatDuration, formatNumber, formatRate } from './format.js';
import { RateMeter } from './rate.js';

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

export interface EpochProgress {
  /** From 1. */
  readonly epoch: number;
  /** The cells of the row, in order: losses and metrics under the names to be shown. */
  readonly values: Values;
}

export interface Progress {
  step(progress: StepProgress): void;
  /** Call it after validation and checkpoint, so that their time is counted. */
  epoch(progress: EpochProgress): void;
  /** A line for the reader, for example where the run folder is; in JSON mode `{"event":"message","text":...}`. */
  message(text: string): void;
  /** Takes the live line away. Call it at the end, and before an error is printed. */
  finish(): void;
}

const LIVE_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 10_000;
const CLEAR_LINE = '\r\x1b[K';

/** @throws RangeError if `epochs` or `stepsPerEpoch` is no integer above 0, or `mode` is unknown. */
export function createProgress(options: ProgressOptions): Progress {
  for (const name of ['epochs', 'stepsPerEpoch'] as const) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`"${name}" must be an integer >= 1, got ${value}`);
  }
  const { mode = 'auto', stream = process.stdout, environment = process.env, now = () => performance.now() } = options;
  const { epochs, stepsPerEpoch, stepsDone = 0, unit = 'images' } = options;
  const meter = new RateMeter({ epochs, stepsPerEpoch, stepsDone });
  const settings: Settings = { epochs, stepsPerEpoch, unit, stream, meter, now, color: !environment.NO_COLOR };
  switch (mode) {
    case 'quiet':
      return { step() {}, epoch() {}, message() {}, finish() {} };
    case 'json':
      return jsonProgress(settings);
    case 'auto':
      return stream.isTTY && environment.TERM !== 'dumb' ? liveProgress(settings) : plainProgress(settings);
    default:
      throw new RangeError(`"mode" must be "auto", "json" or "quiet", got ${JSON.stringify(mode)}`);
  }
}

interface Settings extends Required<Pick<ProgressOptions, 'epochs' | 'stepsPerEpoch' | 'unit' | 'stream' | 'now'>> {
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
    epoch(progress) {
      meter.endEpoch(now());
      write('epoch', { ...progress, ...time() });
    },
    message: (text) => write('message', { text }),
    finish() {},
  };
}

function plainProgress(settings: Settings): Progress {
  const { stream, meter, now, epochs, stepsPerEpoch } = settings;
  let lastLine = now();
  const line = (...cells: string[]) => {
    lastLine = now();
    stream.write(`${cells.join('  ')}\n`);
  };
  return {
    step(progress) {
      meter.endStep(now(), progress.count);
      if (now() - lastLine < PLAIN_INTERVAL_MS) return;
      const position = `epoch ${progress.epoch}/${epochs} step ${progress.step}/${stepsPerEpoch}`;
      line(position, ...describeLosses(progress), ...describeRate(settings), ...describeTime(settings));
    },
    epoch({ epoch, values }) {
      meter.endEpoch(now());
      const cells = Object.entries(values).map(([name, value]) => `${name} ${formatCell(value)}`);
      line(`epoch ${epoch}/${epochs}`, ...cells, ...describeRate(settings), ...describeTime(settings));
    },
    message: (text) => line(text),
    finish() {},
  };
}

function liveProgress(settings: Settings): Progress {
  const { stream, meter, now, epochs, stepsPerEpoch, color } = settings;
  let lastDraw = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  let header = '';
  const clear = () => {
    if (isDrawn) stream.write(CLEAR_LINE);
    isDrawn = false;
    lastDraw = Number.NEGATIVE_INFINITY;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    step(progress) {
      meter.endStep(now(), progress.count);
      if (now() - lastDraw < LIVE_INTERVAL_MS) return;
      lastDraw = now();
      isDrawn = true;
      stream.write(CLEAR_LINE + drawLine(settings, progress));
    },
    epoch({ epoch, values }) {
      meter.endEpoch(now());
      const position = `${epoch}/${epochs}`.padStart(`${epochs}/${epochs}`.length).padEnd('epoch'.length);
      const names = ['epoch'.padEnd(position.length), ...Object.keys(values), 'time left'];
      const cells = [position, ...Object.values(values).map(formatCell), formatDuration(meter.secondsLeft)];
      const widths = names.map((name, at) => (at === 0 ? position.length : Math.max(name.length, 8)));
      const row = (texts: string[]) => texts.map((text, at) => text.padStart(widths[at]!)).join('  ');
      if (row(names) !== header) line(color ? `\x1b[1m${row(names)}\x1b[0m` : row(names));
      header = row(names);
      line(row(cells));
    },
    message: line,
    finish: clear,
  };

  function drawLine(settings: Settings, progress: StepProgress): string {
    const [position, done] = [`${progress.epoch}/${epochs}`, `${progress.step}/${stepsPerEpoch}`];
    const [losses, time] = [describeLosses(progress), describeTime(settings)];
    // The last column stays free: writing there makes some terminals wrap.
    const width = (stream.columns || 80) - 1;
    const full = [position, done, ...losses, ...describeRate(settings), ...time].join('  ');
    const barWidth = Math.min(20, width - full.length - 2);
    if (barWidth >= 5) return full.replace('  ', `  ${drawBar(progress.step / stepsPerEpoch, barWidth, color)}  `);
    // On a narrow terminal the bar goes first, then the rate, then whatever is at the end.
    return full.length <= width ? full : [position, done, ...losses, ...time].join('  ').slice(0, width);
  }
}

function describeLosses({ losses, weights }: StepProgress): string[] {
  return Object.entries(losses).map(([name, loss]) => {
    const weight = weights[name];
    return `${name} ${formatNumber(loss)}${weight === undefined ? '' : ` x ${formatNumber(weight)}`}`;
  });
}

function describeRate({ meter, unit }: Settings): string[] {
  return Number.isFinite(meter.perSecond) ? [`${formatRate(meter.perSecond)} ${unit}/s`] : [];
}

function describeTime({ meter }: Settings): string[] {
  return Number.isFinite(meter.secondsLeft) ? [`${formatDuration(meter.secondsLeft)} left`] : [];
}

function drawBar(fraction: number, width: number, color: boolean): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  const [done, rest] = ['━'.repeat(full), '─'.repeat(width - full)];
  // Green, then dim.
  return color ? `\x1b[32m${done}\x1b[0;2m${rest}\x1b[0m` : done + '·'.repeat(width - full);
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
