/** Reads event files as TensorBoard does, as far as tests need it: every CRC is checked, a record that was cut ends the file. */
import { crc32c } from '../crc32c.js';

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  /** The session begins here: what was said of this step and later ones is void. */
  readonly isStart: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

/** @throws Error if a CRC is wrong. */
export function readEvents(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    checkCrc(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const end = at + 12 + length;
    if (end + 4 > file.length) break;
    checkCrc(file.subarray(at + 12, end), file.readUInt32LE(end));
    events.push(readEvent(file.subarray(at + 12, end)));
    at = end + 4;
  }
  return events;
}

/** The values by tag and step that TensorBoard shows for these files, in the order of their names. */
export function scalarsOfFiles(files: readonly Buffer[]): Record<string, Record<number, number>> {
  const shown: Record<string, Record<number, number>> = {};
  for (const event of files.flatMap(readEvents)) {
    if (event.isStart) {
      for (const values of Object.values(shown)) {
        for (const step of Object.keys(values).map(Number)) if (step >= event.step) delete values[step];
      }
    }
    for (const [tag, value] of Object.entries(event.scalars)) {
      shown[tag] ??= {};
      shown[tag][event.step] = value;
    }
  }
  return shown;
}

/** The mask undone as TensorFlow's crc32c.h does it: rotated the other way, after the constant is taken off. */
function checkCrc(bytes: Buffer, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  const crc = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  if (crc32c(bytes) !== crc) throw new Error(`the CRC is ${crc32c(bytes)}, the file says ${crc}`);
}

function readEvent(bytes: Buffer): ReadEvent {
  const fields = readFields(bytes);
  const values = messages(messages(fields, 5)[0] ?? [], 1);
  const scalars = values.map((value) => [String(one(value, 1)), (one(value, 2) as Buffer).readFloatLE()] as const);
  const fileVersion = one(fields, 3);
  return {
    wallTime: (one(fields, 1) as Buffer).readDoubleLE(),
    step: Number(one(fields, 2) ?? 0),
    ...(fileVersion === undefined ? {} : { fileVersion: String(fileVersion) }),
    isStart: one(messages(fields, 7)[0] ?? [], 1) === 1n,
    scalars: Object.fromEntries(scalars),
  };
}

/** A varint, or the bytes of anything else. */
type Field = readonly [number: number, value: bigint | Buffer];

function one(fields: readonly Field[], number: number): bigint | Buffer | undefined {
  return fields.find(([at]) => at === number)?.[1];
}

function messages(fields: readonly Field[], number: number): Field[][] {
  return fields.filter(([at]) => at === number).map(([, value]) => readFields(value as Buffer));
}

function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]!);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
    }
  };
  const taken = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    const value = kind === 0 ? varint() : taken(kind === 1 ? 8 : kind === 5 ? 4 : Number(varint()));
    fields.push([key >> 3, value]);
  }
  return fields;
}
