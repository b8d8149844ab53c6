/** The axes of a chart that can be zoomed: exactly from one value to another, linear or logarithmic. */
import { formatTick, linearScale, logScale } from '../../chart-scale.js';
import { formatDuration } from '../../format.js';
import type { Extent } from './column.js';

export interface Axis {
  /** In [0, 1] between the ends; NaN for what a log axis cannot show. */
  position(value: number): number;
  value(position: number): number;
  readonly ticks: readonly number[];
  /** The text of a tick. */
  format(tick: number): string;
}

/** Room above and below the curves, as a share of the axis. */
const MARGIN = 0.05;

export function linearAxis({ low, high }: Extent, tickCount: number, integers = false): Axis {
  const { ticks } = linearScale([low, high], { tickCount, tight: true, integers });
  return {
    position: (value) => (value - low) / (high - low),
    value: (position) => low + position * (high - low),
    ticks: ticks.filter((tick) => tick >= low && tick <= high),
    format: formatTick,
  };
}

/** What clocks count in, in seconds. */
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const STRIDES = [
  ...[1, 2, 3, 5, 10, 15, 20, 30],
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
];

/** A linear axis of seconds, with ticks at round times. */
export function timeAxis(extent: Extent, tickCount: number): Axis {
  const rough = (extent.high - extent.low) / tickCount;
  const stride = STRIDES.find((seconds) => seconds >= rough);
  // Less than seconds, and more than days, are counted in tens again.
  const unit = rough < 1 ? 1 : (stride ?? DAY);
  const inUnits = { low: extent.low / unit, high: extent.high / unit };
  const counted = rough < 1 || stride === undefined ? tickCount : inUnits.high - inUnits.low;
  const { ticks } = linearAxis(inUnits, counted);
  return { ...linearAxis(extent, tickCount), ticks: ticks.map((tick) => tick * unit), format: formatSeconds };
}

/** 0.5 s, 45 s, 1:30, 2:00:00. */
export function formatSeconds(seconds: number): string {
  return seconds < MINUTE ? `${formatTick(Number(seconds.toFixed(seconds < 10 ? 2 : 1)))} s` : formatDuration(seconds);
}

/** @param extent both above zero. */
export function logAxis({ low, high }: Extent, tickCount: number): Axis {
  const [begin, end] = [Math.log10(low), Math.log10(high)];
  const inside = (ticks: readonly number[]) => ticks.filter((tick) => tick >= low && tick <= high);
  const powers = inside(logScale([low, high], { tickCount }).ticks);
  return {
    position: (value) => (value > 0 ? (Math.log10(value) - begin) / (end - begin) : Number.NaN),
    value: (position) => 10 ** (begin + position * (end - begin)),
    // A part of one decade has hardly a round power in it.
    ticks: powers.length >= 3 ? powers : linearAxis({ low, high }, tickCount).ticks,
    format: formatTick,
  };
}

/** The ends of an axis around values: with a margin, and wide enough for a constant. */
export function padded({ low, high }: Extent, isLog: boolean): Extent {
  if (isLog) {
    const [a, b] = [Math.log10(low), Math.log10(high)];
    const room = Math.max((b - a) * MARGIN, 0.02);
    return { low: 10 ** (a - room), high: 10 ** (b + room) };
  }
  const size = Math.max(Math.abs(low), Math.abs(high), 1e-30);
  const room = high - low > size * 1e-6 ? (high - low) * MARGIN : size * MARGIN;
  return { low: low - room, high: high + room };
}

export function union(a: Extent | null, b: Extent | null): Extent | null {
  if (!a || !b) return a ?? b;
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}
