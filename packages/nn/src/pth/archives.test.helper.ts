/** Zip archives and pickles by hand, whole and broken, as nobody's torch.save would write them. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** What its directory entry says in place of the truth. */
  readonly claims?: {
    readonly size?: number;
    readonly crc?: number;
    readonly flags?: number;
    readonly method?: number;
    readonly offset?: number;
  };
}

/** A zip archive without zip64. */
export function zip(members: readonly Member[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, content, deflate = false, claims = {} } of members) {
    const raw = deflate ? deflateRawSync(content) : content;
    const method = claims.method ?? (deflate ? 8 : 0);
    const fields = [uint32(claims.crc ?? crc32(content)), uint32(raw.length), uint32(claims.size ?? content.length)];
    const start = [uint16(20), uint16(claims.flags ?? 0), uint16(method), uint32(0), ...fields, uint16(name.length)];
    const local = Buffer.concat([uint32(0x04034b50), ...start, uint16(0), Buffer.from(name), raw]);
    const offset = uint32(claims.offset ?? position);
    directory.push(
      Buffer.concat([uint32(0x02014b50), uint16(20), ...start, Buffer.alloc(12), offset, Buffer.from(name)]),
    );
    parts.push(local);
    position += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = uint16(members.length);
  const end = [uint32(0x06054b50), Buffer.alloc(4), count, count, uint32(entries.length), uint32(position), uint16(0)];
  return Buffer.concat([...parts, entries, ...end]);
}

/** A file of torch.save with this pickle, and storages by their keys. */
export function pth(pickle: Uint8Array, storages: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const data = Object.entries(storages).map(([key, content]) => ({ name: `a/data/${key}`, content }));
  return zip([{ name: 'a/data.pkl', content: pickle }, ...data, { name: 'a/version', content: ascii('3\n') }]);
}

/** Instructions one after the other; texts are their characters' codes. */
export function program(...instructions: (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(instructions.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

export const text = (value: string) => program('X', uint32(Buffer.byteLength(value)), Buffer.from(value));
export const int = (value: number) => program('J', int32(value));
export const global = (module: string, name: string) => program(`c${module}\n${name}\n`);
export const tuple = (...items: Uint8Array[]) => program('(', ...items, 't');
export const dict = (...items: Uint8Array[]) => program('}(', ...items, 'u');

/** A tensor over a storage of `count` numbers. */
export function tensor(options: {
  shape: number[];
  strides: number[];
  offset?: number;
  count?: number;
  key?: string;
  type?: string;
}): Uint8Array {
  const { shape, strides, offset = 0, count = 4, key = '0', type = 'FloatStorage' } = options;
  const id = tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(count));
  const numbers = (values: number[]) => tuple(...values.map(int));
  const args = [program(id, 'Q'), int(offset), numbers(shape), numbers(strides), program('\x89'), program('N')];
  return program(global('torch._utils', '_rebuild_tensor_v2'), tuple(...args), 'R');
}

export const ascii = (value: string) => Buffer.from(value, 'latin1');
export const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
