/** One line about where a training stands, for people. */
import { formatDuration, formatNumber, formatRate } from './format.js';
import type { RateMeter } from './rate.js';

type Values = Readonly<Record<string, number>>;

export interface Standing {
  /** "2/10" */
  readonly position: string;
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Means of the epoch so far. */
  readonly losses: Values;
  readonly weights: Values;
  /** Of each loss in the weighted total, in [0, 1]. */
  readonly shares: Values;
}

const MAX_BAR = 20;
const MIN_BAR = 5;

/** Not longer than `width`: on a narrow terminal the bar goes first, then the rate, weights, shares, and what is at the end. */
export function liveLine(standing: Standing, rate: readonly string[], time: readonly string[], width: number): string {
  const { position, step, stepsPerEpoch } = standing;
  // As wide at the first step as at the last.
  const done = `${step}/${stepsPerEpoch}`.padStart(`${stepsPerEpoch}/${stepsPerEpoch}`.length);
  const line = (losses: readonly string[], rest: readonly string[]) => [position, done, ...losses, ...rest].join('  ');
  const full = line(describeLosses(standing), [...rate, ...time]);
  const barWidth = Math.min(MAX_BAR, width - full.length - 2);
  if (barWidth >= MIN_BAR) return full.replace('  ', `  ${bar(step / stepsPerEpoch, barWidth)}  `);
  const choices = [
    full,
    line(describeLosses(standing), time),
    line(describeLosses({ ...standing, weights: {} }), time),
    line(describeLosses({ ...standing, weights: {}, shares: {} }), time),
  ];
  return choices.find((choice) => choice.length <= width) ?? choices.at(-1)!.slice(0, width);
}

/** `class 2.250 x 0.5000 (48 %)`: raw loss, weight, share of the total. */
export function describeLosses({ losses, weights, shares }: Pick<Standing, 'losses' | 'weights' | 'shares'>): string[] {
  return Object.entries(losses).map(([name, loss]) => {
    const [weight, share] = [weights[name], shares[name]];
    const times = weight === undefined ? '' : ` x ${formatNumber(weight)}`;
    const part =
      share === undefined || Number.isNaN(share) ? '' : ` (${String(Math.round(100 * share)).padStart(2)} %)`;
    return `${name} ${formatNumber(loss)}${times}${part}`;
  });
}

export function describeRate({ perSecond }: RateMeter, unit: string): string[] {
  return Number.isFinite(perSecond) ? [`${formatRate(perSecond)} ${unit}/s`] : [];
}

export function describeTime({ secondsLeft }: RateMeter): string[] {
  return Number.isFinite(secondsLeft) ? [`${formatDuration(secondsLeft)} left`] : [];
}

/** The two parts differ in their characters, so that they do also without colour. */
export function bar(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '━'.repeat(full) + '·'.repeat(width - full);
}

/** The first bar of a line in colour: green for what is done, dim for the rest. */
export function colored(line: string): string {
  return line.replace(/[━·]+/, (bar) => {
    const done = bar.replaceAll('·', '');
    return `\x1b[32m${done}\x1b[0;2m${'─'.repeat(bar.length - done.length)}\x1b[0m`;
  });
}
