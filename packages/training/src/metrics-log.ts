/**
 * The numbers of a run: `metrics.jsonl` holds one JSON object per training step and per epoch, `metrics.csv` one row per
 * epoch. Neither holds a wall-clock time, so that two runs with the same seed give the same bytes, and an interrupted
 * and resumed run gives those of an undisturbed one; times go to `timing.jsonl`. Event files have the same numbers for
 * TensorBoard, which puts a time to each.
 */
import { join } from 'node:path';
import { AppendFile } from './append-file.js';
import { epochScalars, type MetricsRecord, stepScalars } from './records.js';
import { EventFile } from './tensorboard.js';

/** How much of the two files existed when a checkpoint was taken, in bytes. */
export type MetricsPosition = { readonly jsonl: number; readonly csv: number };

export interface MetricsLogOptions {
  /** The columns of the CSV, in order. A record of an epoch may lack some of them (empty cells), but have no others. */
  readonly columns: readonly string[];
  /** The clock that decides when to write to disk and dates events, in milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** Steps are kept in memory this long at most, so that a dashboard sees them soon and a fast step waits for no disk. */
const FLUSH_MS = 1000;

export class MetricsLog {
  readonly #jsonl: AppendFile;
  readonly #csv: AppendFile;
  readonly #timing: AppendFile;
  readonly #folder: string;
  readonly #columns: readonly string[];
  readonly #now: () => number;
  #lastFlush: number;
  /** Made with the first record, so that a resumed run that has nothing left to do leaves none. */
  #eventFile: EventFile | undefined;

  /**
   * Opens the three files in a folder, and makes those that are missing. Existing files are continued: call
   * `truncateTo` with the checkpoint's position before anything is written. Event files are never continued: each log
   * makes one of its own.
   *
   * @throws Error if a file cannot be opened, RangeError if a column occurs twice.
   */
  constructor(folder: string, { columns, now = Date.now }: MetricsLogOptions) {
    const twice = columns.find((column, index) => columns.indexOf(column) !== index);
    if (twice !== undefined) throw new RangeError(`"columns" must differ, got ${JSON.stringify(twice)} twice`);
    this.#folder = folder;
    this.#columns = columns;
    this.#now = now;
    this.#lastFlush = now();
    this.#jsonl = new AppendFile(join(folder, 'metrics.jsonl'));
    this.#csv = new AppendFile(join(folder, 'metrics.csv'));
    this.#timing = new AppendFile(join(folder, 'timing.jsonl'));
    // A kill may have cut its last line; unlike the metrics it is not brought back to a checkpoint.
    this.#timing.dropPartialLine();
  }

  /** One training step: a line in `metrics.jsonl`, and if it has a `step`, an event. */
  step(record: MetricsRecord): void {
    this.#jsonl.append(jsonLine({ kind: 'step', ...record }));
    if (typeof record.step === 'number') this.#events(record.step).scalars(record.step, stepScalars(record));
    if (this.#now() - this.#lastFlush >= FLUSH_MS) this.flush();
  }

  /**
   * One finished epoch: a line in `metrics.jsonl`, a row in `metrics.csv`, and if it has a `step`, an event; all written
   * to disk.
   * @throws RangeError if the record has a field that is no column.
   */
  epoch(record: MetricsRecord): void {
    const stranger = Object.keys(record).find((field) => !this.#columns.includes(field));
    if (stranger !== undefined) {
      throw new RangeError(`"${stranger}" is no column of metrics.csv, which has ${this.#columns.join(', ')}`);
    }
    this.#jsonl.append(jsonLine({ kind: 'epoch', ...record }));
    if (this.#csv.size === 0) this.#csv.append(`${this.#columns.map(csvCell).join(',')}\n`);
    this.#csv.append(`${this.#columns.map((column) => csvCell(record[column])).join(',')}\n`);
    // The event of the epoch's last step is there already, in this file or in one before.
    if (typeof record.step === 'number') this.#events(record.step + 1).scalars(record.step, epochScalars(record));
    this.flush();
  }

  /** Times, and whatever else differs from run to run: a line in `timing.jsonl`. */
  timing(record: MetricsRecord): void {
    this.#timing.append(jsonLine(record));
  }

  /** Hands everything to the operating system. */
  flush(): void {
    this.#lastFlush = this.#now();
    for (const file of [this.#jsonl, this.#csv, this.#timing, this.#eventFile]) file?.flush();
  }

  /** The position to keep in a checkpoint; everything before it is on the disk when this returns. */
  position(): MetricsPosition {
    this.flush();
    this.#jsonl.sync();
    this.#csv.sync();
    return { jsonl: this.#jsonl.size, csv: this.#csv.size };
  }

  /**
   * Drops what was written after a checkpoint; `{ jsonl: 0, csv: 0 }` begins anew.
   * @throws Error if a file is shorter than the position: it is not the file that the checkpoint belongs to.
   */
  truncateTo(position: MetricsPosition): void {
    this.#jsonl.truncate(position.jsonl);
    this.#csv.truncate(position.csv);
  }

  close(): void {
    this.flush();
    for (const file of [this.#jsonl, this.#csv, this.#timing, this.#eventFile]) file?.close();
  }

  #events(firstStep: number): EventFile {
    this.#eventFile ??= new EventFile(this.#folder, { firstStep, now: this.#now });
    return this.#eventFile;
  }
}

function jsonLine(record: MetricsRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** RFC 4180. A missing, NaN or infinite value is an empty cell, which every reader takes for "no number". */
export function csvCell(value: number | string | boolean | null | undefined): string {
  if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
