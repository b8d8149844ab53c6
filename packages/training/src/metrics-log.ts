/**
 * The numbers of a run: `metrics.jsonl` holds one JSON object per training step and per epoch, `metrics.csv` one row per
 * epoch. Neither holds a wall-clock time, so that two runs with the same seed give the same bytes, and an interrupted
 * and resumed run gives those of an undisturbed one; times go to `timing.jsonl`.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from './atomic.js';

/** A flat record. NaN and infinities, which JSON lacks, become null. See `records.ts` for the names of the fields. */
export type MetricsRecord = { readonly [field: string]: number | string | boolean | null };

/** How much of the two files existed when a checkpoint was taken, in bytes. */
export type MetricsPosition = { readonly jsonl: number; readonly csv: number };

export interface MetricsLogOptions {
  /** The columns of the CSV, in order. A record of an epoch may lack some of them (empty cells), but have no others. */
  readonly columns: readonly string[];
  /** The clock that decides when to write to disk, in milliseconds. Default Date.now. */
  readonly now?: () => number;
}

/** Steps are kept in memory this long at most, so that a dashboard sees them soon and a fast step waits for no disk. */
const FLUSH_MS = 1000;

export class MetricsLog {
  readonly #jsonl: AppendFile;
  readonly #csv: AppendFile;
  readonly #timing: AppendFile;
  readonly #columns: readonly string[];
  readonly #now: () => number;
  #lastFlush: number;

  /**
   * Opens the three files in a folder, and makes those that are missing. Existing files are continued: call
   * `truncateTo` with the checkpoint's position before anything is written.
   *
   * @throws Error if a file cannot be opened, RangeError if a column occurs twice.
   */
  constructor(folder: string, { columns, now = Date.now }: MetricsLogOptions) {
    const twice = columns.find((column, index) => columns.indexOf(column) !== index);
    if (twice !== undefined) throw new RangeError(`"columns" must differ, got ${JSON.stringify(twice)} twice`);
    this.#columns = columns;
    this.#now = now;
    this.#lastFlush = now();
    this.#jsonl = new AppendFile(join(folder, 'metrics.jsonl'));
    this.#csv = new AppendFile(join(folder, 'metrics.csv'));
    this.#timing = new AppendFile(join(folder, 'timing.jsonl'));
    // A kill may have cut its last line; unlike the metrics it is not brought back to a checkpoint.
    this.#timing.dropPartialLine();
  }

  /** One training step: a line in `metrics.jsonl`. */
  step(record: MetricsRecord): void {
    this.#jsonl.append(jsonLine({ kind: 'step', ...record }));
    if (this.#now() - this.#lastFlush >= FLUSH_MS) this.flush();
  }

  /**
   * One finished epoch: a line in `metrics.jsonl`, a row in `metrics.csv`, both written to disk.
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
    this.flush();
  }

  /** Times, and whatever else differs from run to run: a line in `timing.jsonl`. */
  timing(record: MetricsRecord): void {
    this.#timing.append(jsonLine(record));
  }

  /** Hands everything to the operating system. */
  flush(): void {
    this.#lastFlush = this.#now();
    for (const file of [this.#jsonl, this.#csv, this.#timing]) file.flush();
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
    for (const file of [this.#jsonl, this.#csv, this.#timing]) file.close();
  }
}

/** A file that only grows, its size counted with what is still in memory. */
class AppendFile {
  readonly #path: string;
  readonly #file: number;
  #size: number;
  #pending = '';

  constructor(path: string) {
    this.#path = path;
    this.#file = this.#try('open', () => openSync(path, 'a+'));
    this.#size = fstatSync(this.#file).size;
  }

  get size(): number {
    return this.#size;
  }

  append(text: string): void {
    this.#pending += text;
    this.#size += Buffer.byteLength(text);
  }

  flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    this.#try('write', () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    });
  }

  sync(): void {
    this.#try('write', () => fsyncSync(this.#file));
  }

  truncate(size: number): void {
    this.flush();
    if (this.#size < size) {
      throw new Error(`"${this.#path}" has ${this.#size} bytes, the checkpoint was taken at ${size}: was it edited?`);
    }
    this.#try('truncate', () => ftruncateSync(this.#file, size));
    this.#size = size;
  }

  dropPartialLine(): void {
    const byte = Buffer.alloc(1);
    let end = this.#size;
    for (; end > 0; end--) {
      readSync(this.#file, byte, 0, 1, end - 1);
      if (byte[0] === 0x0a) break;
    }
    this.truncate(end);
  }

  close(): void {
    closeSync(this.#file);
  }

  #try<T>(action: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new Error(`cannot ${action} "${this.#path}": ${reason(error)}`, { cause: error });
    }
  }
}

function jsonLine(record: MetricsRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** RFC 4180. A missing, NaN or infinite value is an empty cell, which every reader takes for "no number". */
function csvCell(value: number | string | boolean | null | undefined): string {
  if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
