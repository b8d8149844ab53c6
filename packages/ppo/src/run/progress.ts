/**
 * The progress of a training on a terminal, in a log file, or for another program. Terminal: one live line, and a line that stays
 * after every tenth of the training. Anything else: a line at most every ten seconds, and the last one. JSON: an object per update.
 */
import type { Writable } from 'node:stream';
import { formatCell, formatDuration, type MetricsRecord } from '@counterpoise/training';
import type { RecentReturn } from './records.js';

export interface UpdateProgress {
  /** Its line in `metrics.jsonl`. */
  readonly record: MetricsRecord;
  readonly recentReturn: RecentReturn | undefined;
}

export interface PpoProgress {
  update(progress: UpdateProgress): void;
  /** Takes the live line away. Call it at the end, and before an error is printed. */
  finish(): void;
}

export interface PpoProgressOptions {
  /** Environment steps of the whole training. */
  readonly totalSteps: number;
  /** Steps done before, in a resumed run. */
  readonly stepsDone: number;
  /** `auto` (default): live on a terminal, plain lines elsewhere. */
  readonly mode?: 'auto' | 'json' | 'quiet';
  /** Default process.stdout. */
  readonly stream?: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Clock in milliseconds. Default performance.now. */
  readonly now?: () => number;
  /** Default process.env. TERM=dumb is no terminal for a live line. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const LIVE_MS = 100;
const PLAIN_MS = 10_000;
const CLEAR_LINE = '\r\x1b[K';
const BAR = 20;

export function createPpoProgress(options: PpoProgressOptions): PpoProgress {
  const { mode = 'auto', stream = process.stdout, environment = process.env } = options;
  if (mode === 'quiet') return { update() {}, finish() {} };
  if (mode === 'json') return jsonProgress(options, stream);
  return stream.isTTY && environment.TERM !== 'dumb' ? liveProgress(options, stream) : plainProgress(options, stream);
}

type Stream = NonNullable<PpoProgressOptions['stream']>;

function jsonProgress(options: PpoProgressOptions, stream: Stream): PpoProgress {
  const pace = paceOf(options);
  return {
    update({ record, recentReturn }) {
      const { perSecond, secondsLeft } = pace(Number(record.step));
      const recent = recentReturn && { recentReturn: recentReturn.mean, recentEpisodes: recentReturn.episodes };
      const times = { 'charts/SPS': Math.round(perSecond), secondsLeft: Math.round(secondsLeft) };
      stream.write(`${JSON.stringify({ event: 'update', ...record, ...recent, ...times })}\n`);
    },
    finish() {},
  };
}

function plainProgress(options: PpoProgressOptions, stream: Stream): PpoProgress {
  const { now = performanceNow } = options;
  const pace = paceOf(options);
  let lastLine = now();
  return {
    update(progress) {
      const isLast = progress.record.step === options.totalSteps;
      if (now() - lastLine < PLAIN_MS && !isLast) return;
      lastLine = now();
      stream.write(`${lineOf(standingOf(progress, options.totalSteps, pace))}\n`);
    },
    finish() {},
  };
}

function liveProgress(options: PpoProgressOptions, stream: Stream): PpoProgress {
  const { totalSteps, stepsDone, now = performanceNow } = options;
  const pace = paceOf(options);
  const tenthOf = (step: number) => Math.floor((10 * step) / totalSteps);
  let tenth = tenthOf(stepsDone);
  let lastDraw = Number.NEGATIVE_INFINITY;
  return {
    update(progress) {
      const step = Number(progress.record.step);
      const stays = tenthOf(step) > tenth;
      if (now() - lastDraw < LIVE_MS && !stays) return;
      lastDraw = now();
      tenth = tenthOf(step);
      const standing = standingOf(progress, totalSteps, pace);
      // The last column stays free: writing there makes some terminals wrap.
      const line = fittingLine(standing, stays ? undefined : step / totalSteps, (stream.columns || 80) - 1);
      stream.write(CLEAR_LINE + line + (stays ? '\n' : ''));
    },
    finish: () => void stream.write(CLEAR_LINE),
  };
}

/** The parts of a line for people. */
interface Standing {
  readonly position: string;
  readonly returns: string;
  readonly critic: string | undefined;
  readonly time: string;
}

function standingOf({ record, recentReturn }: UpdateProgress, totalSteps: number, pace: Pace): Standing {
  const step = Number(record.step);
  const { perSecond, secondsLeft } = pace(step);
  const explained = record['losses/explained_variance'];
  return {
    position: `step ${String(step).padStart(String(totalSteps).length)}/${totalSteps}`,
    returns: recentReturn
      ? `return ${formatCell(recentReturn.mean)} (${recentReturn.episodes} episodes)`
      : 'no episode ended yet',
    critic: typeof explained === 'number' ? `explained variance ${explained.toFixed(2)}` : undefined,
    time: `${Math.round(perSecond)} steps/s  ${formatDuration(secondsLeft)} left`,
  };
}

function lineOf({ position, returns, critic, time }: Standing, bar?: string): string {
  return [position, bar, returns, critic, time].filter((part) => part !== undefined).join('  ');
}

/** Not longer than `width`: on a narrow terminal the bar goes first, then the critic. @param done of the bar, in [0, 1]. */
function fittingLine(standing: Standing, done: number | undefined, width: number): string {
  const full = Math.round(BAR * (done ?? 0));
  const bar = done === undefined ? undefined : '━'.repeat(full) + '·'.repeat(BAR - full);
  const choices = [lineOf(standing, bar), lineOf(standing), lineOf({ ...standing, critic: undefined })];
  return choices.find((choice) => choice.length <= width) ?? choices.at(-1)!.slice(0, width);
}

type Pace = (step: number) => { readonly perSecond: number; readonly secondsLeft: number };

/** Since the beginning of this process, as CleanRL's SPS. */
function paceOf({ totalSteps, stepsDone, now = performanceNow }: PpoProgressOptions): Pace {
  const begin = now();
  return (step) => {
    const perSecond = (step - stepsDone) / Math.max(1e-3, (now() - begin) / 1000);
    return { perSecond, secondsLeft: (totalSteps - step) / perSecond };
  };
}

function performanceNow(): number {
  return performance.now();
}
