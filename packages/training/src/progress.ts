/**
 * The progress of a training on a terminal, in a log file, or for another program. Terminal: one live line, and one row
 * of a table per epoch. Anything else: plain lines, one per epoch and at most one per ten seconds between. JSON: one
 * object per line and nothing else.
 */
import { EpochMeans } from './epoch-means.js';
import { formatCell, formatDuration, formatNumber } from './format.js';
import { describeLosses, describeRate, describeTime } from './progress-line.js';
import { liveProgress } from './progress-live.js';
import type { EpochProgress, Progress, ProgressOptions, Settings } from './progress-types.js';
import { RateMeter } from './rate.js';
import { prefixed } from './records.js';

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
