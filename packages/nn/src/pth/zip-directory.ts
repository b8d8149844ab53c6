/** The central directory of a zip archive, which stands at its end. */
import type { ByteSource } from '../byte-source.js';
import { type Fail, show } from '../safetensors-header.js';

export interface ZipEntry {
  readonly name: string;
  readonly flags: number;
  /** 0 is stored, 8 is deflate. */
  readonly method: number;
  /** CRC-32 of the content. */
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly headerOffset: number;
}

const END_RECORD = 0x06054b50;
const END_RECORD_BYTES = 22;
const END_LOCATOR_64 = 0x07064b50;
const END_LOCATOR_64_BYTES = 20;
const END_RECORD_64 = 0x06064b50;
const END_RECORD_64_BYTES = 56;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
/** A field of 32 bits with this value has its true value in the extra field of zip64. */
const MOVED = 0xffffffff;
const EXTRA_64 = 1;

/** ResNet-101 has 629 entries; the largest models in use have some ten thousand. */
const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 32 * 2 ** 20;

/** The entries in the order of the directory. */
export function readDirectory(source: ByteSource, fail: Fail): ZipEntry[] {
  const { offset, bytes: size, entries: count } = findDirectory(source, fail);
  if (count > MAX_ENTRIES) fail(`the zip archive claims ${count} entries, at most ${MAX_ENTRIES} are allowed`);
  if (size > MAX_DIRECTORY_BYTES) {
    fail(`the directory of the zip archive takes ${size} bytes, at most ${MAX_DIRECTORY_BYTES} are allowed`);
  }
  if (offset + size > source.size) fail('truncated: the directory of the zip archive ends beyond the end of the file');
  const bytes = source.read(offset, offset + size);
  const entries: ZipEntry[] = [];
  let position = 0;
  for (let i = 0; i < count; i++) {
    const { entry, end } = readEntry(bytes, position, fail);
    entries.push(entry);
    position = end;
  }
  return entries;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
}

function findDirectory(source: ByteSource, fail: Fail): Directory {
  // A comment of up to 65535 bytes may follow the record.
  const begin = Math.max(0, source.size - END_RECORD_BYTES - 0xffff);
  const tail = new DataView(source.read(begin, source.size).buffer);
  for (let at = tail.byteLength - END_RECORD_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_RECORD) continue;
    if (at + END_RECORD_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const found = findDirectory64(source, begin + at, fail);
    if (found) return found;
    return {
      entries: tail.getUint16(at + 10, true),
      bytes: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
  }
  return fail('truncated: the zip archive has no directory at its end');
}

/** torch.save always writes the records of zip64, however small the file. */
function findDirectory64(source: ByteSource, endRecord: number, fail: Fail): Directory | undefined {
  const at = endRecord - END_LOCATOR_64_BYTES;
  if (at < 0) return undefined;
  const locator = new DataView(source.read(at, endRecord).buffer);
  if (locator.getUint32(0, true) !== END_LOCATOR_64) return undefined;
  const position = uint64(locator, 8);
  if (position + END_RECORD_64_BYTES > source.size) return fail('the zip64 record lies beyond the end of the file');
  const record = new DataView(source.read(position, position + END_RECORD_64_BYTES).buffer);
  if (record.getUint32(0, true) !== END_RECORD_64) return fail('there is no zip64 record where it should lie');
  return { entries: uint64(record, 32), bytes: uint64(record, 40), offset: uint64(record, 48) };
}

function readEntry(bytes: Uint8Array<ArrayBuffer>, at: number, fail: Fail): { entry: ZipEntry; end: number } {
  const view = new DataView(bytes.buffer);
  if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY) {
    return fail(`the directory of the zip archive is damaged at its byte ${at}`);
  }
  const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const end = extraEnd + view.getUint16(at + 32, true);
  if (end > bytes.length) return fail(`the directory of the zip archive is damaged at its byte ${at}`);
  const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
  const large = largeFields(view, nameEnd, extraEnd);
  const field = (value: number) => {
    if (value !== MOVED) return value;
    return large.shift() ?? fail(`zip entry ${show(name)} lacks a size that it promises`);
  };
  // The extra field holds them in this order.
  const size = field(view.getUint32(at + 24, true));
  const compressedSize = field(view.getUint32(at + 20, true));
  const headerOffset = field(view.getUint32(at + 42, true));
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  return {
    entry: { name, flags, method, crc: view.getUint32(at + 16, true), compressedSize, size, headerOffset },
    end,
  };
}

/** The numbers of 64 bits of the zip64 extra field. */
function largeFields(view: DataView, begin: number, end: number): number[] {
  for (let at = begin; at + 4 <= end; ) {
    const [kind, bytes] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const next = at + 4 + bytes;
    if (next > end) return [];
    if (kind === EXTRA_64) {
      return Array.from({ length: Math.floor(bytes / 8) }, (_, i) => uint64(view, at + 4 + 8 * i));
    }
    at = next;
  }
  return [];
}

/** Rounded beyond 2^53, where no comparison with the size of a file can come out wrong. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
