/**
 * Reads zip archives (PKWARE's APPNOTE.TXT, with zip64) as torch.save writes them. Names are keys, never paths: nothing is
 * ever written. What the directory claims is checked against the size of the file before anything is allocated for it.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import type { ByteSource } from '../byte-source.js';
import { type Fail, show } from '../safetensors-header.js';
import { readDirectory, type ZipEntry } from './zip-directory.js';

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/**
 * Weights hardly compress, and torch.save does not even try: an archive that grows to more than this many times its size,
 * beyond what small tensors of zeros may need, is taken for a bomb.
 */
const MAX_RATIO = 16;
const SLACK_BYTES = 16 * 2 ** 20;

/** Whether a file that begins with these bytes is to be read as a zip archive. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b;
}

export class ZipArchive {
  readonly #source: ByteSource;
  readonly #fail: Fail;
  readonly #entries = new Map<string, ZipEntry>();

  /** @param fail throws one line that names the file. */
  constructor(source: ByteSource, fail: Fail) {
    this.#source = source;
    this.#fail = fail;
    const entries = readDirectory(source, fail);
    for (const entry of entries) {
      if (this.#entries.has(entry.name)) fail(`the zip archive holds ${show(entry.name)} twice`);
      this.#entries.set(entry.name, entry);
    }
    checkSizes(entries, source.size, fail);
    checkOverlaps(entries, fail);
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Size of the content in bytes; undefined if there is no such entry. */
  sizeOf(name: string): number | undefined {
    return this.#entries.get(name)?.size;
  }

  /** The content of one entry, its checksum verified. */
  read(name: string): Uint8Array<ArrayBuffer> {
    const entry = this.#entries.get(name);
    if (!entry) return this.#fail(`the zip archive lacks ${show(name)}`);
    const content = this.#inflate(entry, this.#readRaw(entry));
    if (crc32(content) !== entry.crc) {
      return this.#fail(`damaged: the checksum of ${show(name)} does not match its content`);
    }
    return content;
  }

  /** The bytes as they lie in the file. The local header repeats the directory, and must not contradict it. */
  #readRaw(entry: ZipEntry): Uint8Array<ArrayBuffer> {
    const { headerOffset, name, compressedSize } = entry;
    const broken = (problem: string) => this.#fail(`zip entry ${show(name)}: ${problem}`);
    if (headerOffset + LOCAL_HEADER_BYTES > this.#source.size) return broken('it lies beyond the end of the file');
    const bytes = this.#source.read(headerOffset, headerOffset + LOCAL_HEADER_BYTES);
    const header = new DataView(bytes.buffer);
    if (header.getUint32(0, true) !== LOCAL_HEADER) return broken('there is no local header where it should lie');
    if (header.getUint16(8, true) !== entry.method) return broken('its local header names another compression');
    const begin = headerOffset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (begin + compressedSize > this.#source.size) return broken('truncated: it ends beyond the end of the file');
    return this.#source.read(begin, begin + compressedSize);
  }

  #inflate({ name, method, flags, size }: ZipEntry, raw: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const broken = (problem: string) => this.#fail(`zip entry ${show(name)}: ${problem}`);
    if (flags & ENCRYPTED) return broken('it is encrypted');
    if (method === STORED) {
      return raw.length === size ? raw : broken(`stored in ${raw.length} bytes, but said to hold ${size}`);
    }
    if (method !== DEFLATED) return broken(`compression method ${method} is neither stored (0) nor deflate (8)`);
    let content: Uint8Array;
    try {
      // One byte more than promised, so that too much is seen and not only cut off.
      content = inflateRawSync(raw, { maxOutputLength: size + 1 });
    } catch (error) {
      return broken(`cannot be inflated: ${(error as Error).message}`);
    }
    if (content.length !== size) return broken(`inflates to ${content.length} bytes, but is said to hold ${size}`);
    return new Uint8Array(content);
  }
}

function checkSizes(entries: readonly ZipEntry[], fileSize: number, fail: Fail): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const limit = MAX_RATIO * fileSize + SLACK_BYTES;
  if (total > limit) {
    fail(`the zip archive of ${fileSize} bytes claims to hold ${total}, at most ${limit} are allowed`);
  }
}

/** Entries that share compressed bytes let a small file hold much (D. Fifield, "A better zip bomb", 2019). */
function checkOverlaps(entries: readonly ZipEntry[], fail: Fail): void {
  const ordered = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  let end = 0;
  for (const { name, headerOffset, compressedSize } of ordered) {
    if (headerOffset < end) fail(`zip entry ${show(name)} overlaps the one before it`);
    end = headerOffset + LOCAL_HEADER_BYTES + compressedSize;
  }
}
