/**
 * Where a comparison stands, in the three forms of `createProgress`: a live line on a terminal under a line per run, plain lines
 * elsewhere, JSON lines on request.
 */
import type { Writable } from 'node:stream';
import { formatCell, formatDuration } from '../format.js';
import { bar, colored } from '../progress-line.js';
import type { CompareObserver } from './compare.js';
import { type LeftOut, leftOutLine } from './contenders.js';
import { isFinished, type RunOutcome, type RunRequest } from './job.js';
import { describe } from './pool.js';
import { runName } from './store.js';

export interface CompareDisplayOptions {
  readonly mode: 'auto' | 'json';
  /** Children at the same time. */
  readonly jobs: number;
  /** Default process.stdout. */
  readonly stream?: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Clock in milliseconds. Default performance.now. */
  readonly now?: () => number;
  /** Default process.env: NO_COLOR, TERM=dumb. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const INTERVAL_MS = 200;
const BAR_WIDTH = 20;

export class CompareDisplay implements CompareObserver {
  readonly #options: Required<CompareDisplayOptions>;
  /** Shares of the runs at work. */
  readonly #active = new Map<string, number>();
  readonly #begin: number;
  #total = 0;
  #done = 0;
  /** Runs of before: they took no time of now. */
  #old = 0;
  #lastDraw = Number.NEGATIVE_INFINITY;
  #isDrawn = false;

  constructor(options: CompareDisplayOptions) {
    const { stream = process.stdout, now = () => performance.now(), environment = process.env } = options;
    this.#options = { ...options, stream, now, environment };
    this.#begin = now();
  }

  plan(runs: number, leftOut: readonly LeftOut[]): void {
    this.#total = runs;
    for (const left of leftOut) this.message(leftOutLine(left));
  }

  progress(request: RunRequest, share: number): void {
    this.#active.set(runName(request), share);
    const { now } = this.#options;
    if (!this.#isLive || now() - this.#lastDraw < INTERVAL_MS) return;
    this.#draw();
  }

  result(request: RunRequest, outcome: RunOutcome, isOld: boolean): void {
    this.#active.delete(runName(request));
    this.#done++;
    if (isOld) this.#old++;
    const { mode } = this.#options;
    const secondsLeft = this.#secondsLeft;
    if (mode === 'json') {
      const shown = isFinished(outcome) ? { metrics: outcome.metrics } : outcome;
      const left = Number.isFinite(secondsLeft) ? Math.round(secondsLeft) : null;
      this.#write({ event: 'run', done: this.#done, total: this.#total, request, isOld, ...shown, secondsLeft: left });
      return;
    }
    // A hundred lines about what was there before say nothing.
    if (isOld) return;
    const values = isFinished(outcome)
      ? Object.entries(outcome.metrics).map(([name, value]) => `${name} ${formatCell(value)}`)
      : [`diverged: ${outcome.diverged}`];
    const time = this.#isLive || !Number.isFinite(secondsLeft) ? [] : [`${formatDuration(secondsLeft)} left`];
    this.message([`run ${this.#done}/${this.#total}`, describe(request), ...values, ...time].join('  '));
    if (this.#isLive) this.#draw();
  }

  /** A line for the reader. */
  message(text: string): void {
    this.finish();
    if (this.#options.mode === 'json') this.#write({ event: 'message', text });
    else this.#options.stream.write(`${text}\n`);
  }

  /** Takes the live line away. */
  finish(): void {
    if (this.#isDrawn) this.#options.stream.write('\r\x1b[K');
    this.#isDrawn = false;
    this.#lastDraw = Number.NEGATIVE_INFINITY;
  }

  get #isLive(): boolean {
    const { mode, stream, environment } = this.#options;
    return mode === 'auto' && stream.isTTY === true && environment.TERM !== 'dumb';
  }

  /** Runs done since the start, and the shares of those at work, at the present speed; NaN before there is any. */
  get #secondsLeft(): number {
    const shares = [...this.#active.values()].reduce((sum, share) => sum + share, 0);
    const made = this.#done - this.#old + shares;
    const seconds = (this.#options.now() - this.#begin) / 1000;
    return made > 0 ? (seconds / made) * Math.max(0, this.#total - this.#done - shares) : Number.NaN;
  }

  #draw(): void {
    const { stream, environment, jobs, now } = this.#options;
    const at = Math.min(this.#active.size, jobs);
    const parts = [
      bar(this.#done / Math.max(1, this.#total), BAR_WIDTH),
      `${this.#done}/${this.#total} runs`,
      `${at} at work`,
      ...[...this.#active.values()].map((share) => `${Math.round(100 * share)} %`),
      ...(Number.isFinite(this.#secondsLeft) ? [`${formatDuration(this.#secondsLeft)} left`] : []),
    ];
    // The last column stays free: writing there makes some terminals wrap.
    const text = parts.join('  ').slice(0, (stream.columns || 80) - 1);
    stream.write(`\r\x1b[K${environment.NO_COLOR ? text : colored(text)}`);
    this.#isDrawn = true;
    this.#lastDraw = now();
  }

  #write(event: object): void {
    this.#options.stream.write(`${JSON.stringify(event)}\n`);
  }
}
