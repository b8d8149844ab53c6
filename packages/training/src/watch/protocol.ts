/** What the server of `counterpoise watch` says to its page, as server-sent events. Both sides are compiled against this file. */

/**
 * Where rows come from: `step` and `epoch` are the two kinds of records in `metrics.jsonl`, `timing` is `timing.jsonl`.
 * `gradient` has those fields of steps that only some steps measure, and rows for these steps alone: a curve, and not dots
 * between gaps. Every table has the column `step`.
 */
export const TABLES = ['step', 'gradient', 'epoch', 'timing'] as const;
export type TableName = (typeof TABLES)[number];

/** Event `hello`: the first of every connection. */
export interface Hello {
  /** The folder that is watched, as it was given. */
  readonly folder: string;
  /** The rows go on where the last connection of this page ended; otherwise they begin anew. */
  readonly resumed: boolean;
}

/** Event `runs`: all runs, whenever anything about them but their rows has changed. */
export interface RunInfo {
  readonly id: string;
  /** Path in the watched folder, with slashes. */
  readonly name: string;
  /** The content of config.json. */
  readonly config: { readonly [option: string]: unknown };
  readonly samples: readonly SampleInfo[];
  /** When the metrics were written last, in milliseconds since 1970; 0 if there are none. */
  readonly updated: number;
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

export interface SampleInfo {
  readonly name: string;
  /** The address of the picture; another one after every change of the file. */
  readonly url: string;
}

/** Event `rows`: what was written in one file of a run since the last such event. */
export interface Rows {
  readonly run: string;
  readonly tables: readonly TableRows[];
}

/** More rows of a table. A row that lacks a field has NaN there. */
export interface TableRows {
  readonly table: TableName;
  /** Base64 of float64, little endian: one step per row. */
  readonly steps: string;
  /** Name of the field, and base64 of float32, little endian: one value per row. */
  readonly columns: readonly (readonly [name: string, values: string])[];
}

/** Event `reset`: the file was cut or replaced, as by a resumed training; the rows of these tables begin anew. */
export interface Reset {
  readonly run: string;
  readonly tables: readonly TableName[];
}

/** Event `problem`: something in a run's metrics cannot be shown. */
export interface Problem {
  readonly run: string;
  readonly text: string;
}

/** Event `system`, every few seconds: the machine. */
export interface SystemLoad {
  /** Processes that want to run, mean of the last 1, 5 and 15 minutes; zeros on Windows. */
  readonly load: readonly number[];
  readonly processors: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
}
