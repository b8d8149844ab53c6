/** A line of a chart: a column of a run, and how it looks. */
import type { TableName } from '../protocol.js';
import type { Curve } from './smoothing.js';
import type { Run } from './store.js';

export interface Line extends Curve {
  readonly label: string;
  /** Of the palette, from 0. */
  readonly color: number;
  readonly run: Run;
  /** Raw values faint behind a smoothed line. Otherwise only the values. */
  readonly isSmoothed: boolean;
  /** Values are marked: few, and each worth a look. */
  readonly isMarked: boolean;
}

/** @returns undefined if the run has no such field. */
export function lineOf(
  run: Run,
  table: TableName,
  field: string,
  looks: Pick<Line, 'label' | 'color'> & Partial<Line>,
): Line | undefined {
  const column = run.table(table).columns.get(field);
  return column && { isSmoothed: false, isMarked: false, ...looks, run, table: run.table(table), column };
}

/** The rest of a field that begins so; undefined for any other. */
export const after = (prefix: string) => (field: string) =>
  field.startsWith(prefix) ? field.slice(prefix.length) : undefined;
