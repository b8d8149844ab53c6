/** From rows of a table to a path on the canvas, with no more points than can be seen. */
import type { Column } from './column.js';
import type { Table } from './table.js';

/** What a path is drawn with; a CanvasRenderingContext2D with an open path is one. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  /** A value without neighbours, which would be no line. */
  dot(x: number, y: number): void;
}

export interface Frame {
  /** From a step to x. */
  readonly x: (step: number) => number;
  /** From x to a step, which need not be whole. */
  readonly step: (x: number) => number;
  readonly width: number;
  /** From a value to y; NaN for what has no place on the axis. */
  readonly y: (value: number) => number;
  /** Where lines go whose lower end has no place on a log axis. */
  readonly floor: number;
}

/**
 * Draws a column. Where there are more than four values per pixel, a pixel gets its first, lowest, highest and last one, in this
 * order, which covers the same pixels as all of them would: no peak is lost (Jugel et al. 2014, "M4").
 */
export function trace(pen: Pen, table: Table, column: Column, frame: Frame): void {
  // One row more on each side: the line leaves the frame, it does not end there.
  const from = Math.max(0, table.firstRowFrom(frame.step(0)) - 1);
  const to = Math.min(table.length, table.firstRowFrom(frame.step(frame.width)) + 1);
  if (to - from > 4 * frame.width) tracePixels(pen, table, column, frame, to);
  else traceRows(pen, table, column, frame, from, to);
}

function traceRows(pen: Pen, table: Table, column: Column, frame: Frame, from: number, to: number): void {
  let isOpen = false;
  for (let row = from; row < to; row++) {
    const y = frame.y(column.at(row));
    if (Number.isNaN(y)) {
      isOpen = false;
      continue;
    }
    const x = frame.x(table.stepAt(row));
    if (isOpen) pen.lineTo(x, y);
    else if (Number.isNaN(frame.y(column.at(row + 1)))) pen.dot(x, y);
    else pen.moveTo(x, y);
    isOpen = true;
  }
}

function tracePixels(pen: Pen, table: Table, column: Column, frame: Frame, end: number): void {
  let isOpen = false;
  let row = table.firstRowFrom(frame.step(0));
  for (let pixel = 0; pixel < frame.width && row < end; pixel++) {
    const next = Math.min(end, table.firstRowFrom(frame.step(pixel + 1)));
    if (next === row) continue;
    const extent = column.extent(row, next);
    const high = extent ? frame.y(extent.high) : Number.NaN;
    if (extent && !Number.isNaN(high)) {
      const low = orElse(frame.y(extent.low), frame.floor);
      const first = orElse(frame.y(column.at(row)), high);
      const last = orElse(frame.y(column.at(next - 1)), high);
      const x = pixel + 0.5;
      if (isOpen) pen.lineTo(x, first);
      else pen.moveTo(x, first);
      pen.lineTo(x, low);
      pen.lineTo(x, high);
      pen.lineTo(x, last);
    }
    isOpen = extent !== null;
    row = next;
  }
}

function orElse(value: number, other: number): number {
  return Number.isNaN(value) ? other : value;
}
