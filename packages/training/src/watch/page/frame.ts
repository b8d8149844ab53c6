/** The geometry of one chart at one moment: its axes, and where its plot lies on the canvas. */
import { type Axis, linearAxis, logAxis, padded, timeAxis, union } from './axis.js';
import type { ChartSpec } from './charts-of.js';
import type { Extent } from './column.js';
import type { Line } from './line.js';
import { type Curve, smoothed } from './smoothing.js';
import type { View } from './view.js';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ChartFrame {
  readonly x: Axis;
  readonly y: Axis;
  readonly range: Extent;
  readonly plot: Box;
}

/** Most charts have their plots at the same place; only long labels ask for more room. */
const LEFT = 46;
const LETTER = 6.5;
const RIGHT = 10;
const TOP = 6;
const BOTTOM = 24;

function plotBox({ width, height }: Size, left: number): Box {
  return {
    left,
    top: TOP,
    width: Math.max(1, width - left - RIGHT),
    height: Math.max(1, height - TOP - BOTTOM),
  };
}

/** From the first to the last step of these lines, in units of the horizontal axis. */
export function fullRange(lines: Iterable<Line>, view: View): Extent {
  let range: Extent | null = null;
  for (const { table, run } of lines) {
    const scale = view.scaleOf(run);
    if (table.length === 0 || !scale) continue;
    range = union(range, { low: scale.place(table.stepAt(0)), high: scale.place(table.stepAt(table.length - 1)) });
  }
  if (!range) return { low: 0, high: 1 };
  return range.high > range.low ? range : { low: range.low - 0.5, high: range.high + 0.5 };
}

/** @param zoomY what the reader framed, or null. @param size of the canvas. */
export function frameOf(spec: ChartSpec, view: View, range: Extent, zoomY: Extent | null, size: Size): ChartFrame {
  const isLog = spec.canBeLog && view.choices.logAxes;
  const found = zoomY ?? extentOfLines(spec, view, range, isLog);
  const ends = zoomY && (!isLog || zoomY.low > 0) ? zoomY : padded(found, isLog);
  const yTicks = Math.max(2, Math.round(size.height / 45));
  const y = isLog ? logAxis(ends, yTicks) : linearAxis(ends, yTicks);
  const letters = Math.max(0, ...y.ticks.map((tick) => y.format(tick).length));
  const plot = plotBox(size, Math.max(LEFT, letters * LETTER + 10));
  const xTicks = Math.max(2, Math.round(plot.width / 75));
  const { unit } = view.choices;
  const x = unit === 'time' ? timeAxis(range, xTicks) : linearAxis(range, xTicks, unit === 'step');
  return { x, y, range, plot };
}

function extentOfLines({ lines, include }: ChartSpec, view: View, range: Extent, isLog: boolean): Extent {
  let extent: Extent | null = null;
  for (const value of include) extent = union(extent, { low: value, high: value });
  for (const line of lines) {
    const scale = view.scaleOf(line.run);
    if (!scale) continue;
    const from = line.table.firstRowFrom(scale.step(range.low));
    const to = line.table.firstRowFrom(scale.step(range.high)) + 1;
    const found = line.column.extent(from, to);
    extent = union(extent, isLog && found && found.low <= 0 ? positiveExtent(line, from, to) : found);
  }
  if (!extent || !Number.isFinite(extent.high - extent.low)) return isLog ? { low: 0.1, high: 1 } : { low: 0, high: 1 };
  return extent;
}

/** A log axis shows what is above zero; rare enough to look at every value. */
function positiveExtent({ column }: Line, from: number, to: number): Extent | null {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (let row = from; row < Math.min(to, column.length); row++) {
    const value = column.at(row);
    if (!(value > 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high > 0 ? { low, high } : null;
}

/** What stands for a line: its smoothed curve where there is smoothing. */
export function shownCurve(line: Line, view: View): Curve {
  const { smoothing } = view.choices;
  return line.isSmoothed && smoothing > 0 ? smoothed(line, smoothing) : line;
}

export interface Reading {
  readonly line: Line;
  readonly value: number;
  /** In units of the horizontal axis. */
  readonly at: number;
}

/**
 * The value of every line nearest to a place on the horizontal axis; its last one for `null`. NaN for a line that has none, or no
 * place on the axis.
 */
export function readLines(lines: readonly Line[], view: View, place: number | null): Reading[] {
  return lines.map((line) => {
    const scale = view.scaleOf(line.run);
    const { table, column } = shownCurve(line, view);
    if (place === null) return { line, value: column.at(table.length - 1), at: Number.NaN };
    if (!scale) return { line, value: Number.NaN, at: Number.NaN };
    const row = table.nearestRow(scale.step(place));
    return { line, value: column.at(row), at: scale.place(table.stepAt(row)) };
  });
}
