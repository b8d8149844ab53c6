/**
 * Event files, which TensorBoard reads: https://www.tensorflow.org/tensorboard. A file is a row of TFRecords, each an `Event`
 * of TensorFlow's event.proto; of the kinds of summary we write scalars alone.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MessageWriter } from '@counterpoise/engine';
import { AppendFile } from './append-file.js';
import { crc32c } from './crc32c.js';

export interface EventFileOptions {
  /**
   * The first step that the file tells of. What other event files of the folder say of it and of later steps is void: after
   * a crash they may be ahead of the checkpoint that the training goes on from.
   */
  readonly firstStep: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Fields of `Event` and `Summary` by number. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_LOG = { status: 1 } as const;
const SESSION_START = 1;

/** A new event file in a folder; others may lie there already. Records reach the disk with `flush`, whole ones at a time. */
export class EventFile {
  readonly #file: AppendFile;
  readonly #now: () => number;

  /** @throws Error if the file cannot be made. */
  constructor(folder: string, { firstStep, now }: EventFileOptions) {
    this.#now = now;
    this.#file = new AppendFile(join(folder, nextName(folder, now())));
    this.#append(this.#event().string(EVENT.fileVersion, 'brain.Event:2'));
    const start = new MessageWriter().integer(SESSION_LOG.status, SESSION_START);
    this.#append(this.#event().integer(EVENT.step, firstStep).message(EVENT.sessionLog, start));
  }

  /** One event with the values of a step, which the file rounds to float32. No value, no event. */
  scalars(step: number, scalars: Readonly<Record<string, number>>): void {
    const summary = new MessageWriter();
    for (const [tag, value] of Object.entries(scalars)) {
      summary.message(SUMMARY.value, new MessageWriter().string(VALUE.tag, tag).float(VALUE.simpleValue, value));
    }
    if (Object.keys(scalars).length === 0) return;
    this.#append(this.#event().integer(EVENT.step, step).message(EVENT.summary, summary));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.flush();
    this.#file.close();
  }

  #event(): MessageWriter {
    return new MessageWriter().double(EVENT.wallTime, this.#now() / 1000);
  }

  #append(event: MessageWriter): void {
    this.#file.append(frame(event.finish()));
  }
}

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/** TensorBoard reads the files of a folder in the order of their names, so a new one comes after all others, whatever the clock says. */
function nextName(folder: string, now: number): string {
  const others = readdirSync(folder).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  const second = Math.max(Math.floor(now / 1000), ...others.map((other) => other + 1));
  return `events.out.tfevents.${String(second).padStart(10, '0')}.counterpoise`;
}

/**
 * A TFRecord: length (uint64), masked CRC of the length, data, masked CRC of the data; all little-endian.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** ((crc >> 15) | (crc << 17)) + 0xa282ead8: so that a CRC over data that hold CRCs stays a good one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
