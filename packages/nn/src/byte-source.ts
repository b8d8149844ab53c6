/** Random access to the bytes of a file or of a buffer that may come from anybody. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** `read` returns a fresh buffer, so any alignment will do. */
export interface ByteSource {
  /** For messages, such as `weights file "a.pth"`. */
  readonly label: string;
  /** In bytes. */
  readonly size: number;
  /** @param end at most `size`. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
}

/** One read returns at most 2 GiB. */
const MOST_PER_READ = 2 ** 30;

/**
 * Opens the source for `use` alone.
 * @param kind for messages, such as "safetensors".
 * @throws Error with one line that names the file if it cannot be read.
 */
export function withSource<T>(kind: string, source: Uint8Array | string, use: (source: ByteSource) => T): T {
  if (typeof source !== 'string') {
    // Not source.slice: a Buffer's slice shares the memory.
    const read = (begin: number, end: number) => new Uint8Array(source.subarray(begin, end));
    return use({ label: `${kind} bytes`, size: source.byteLength, read });
  }
  const label = `${kind} file ${JSON.stringify(source)}`;
  const file = openFile(source, label);
  try {
    const read = (begin: number, end: number) => readBytes(file, begin, end, label);
    return use({ label, size: fstatSync(file).size, read });
  } finally {
    closeSync(file);
  }
}

function openFile(path: string, label: string): number {
  try {
    // Before it is opened: opening a pipe would wait for a writer.
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    return openSync(path, 'r');
  } catch (error) {
    throw new Error(`${label}: ${(error as Error).message}`, { cause: error });
  }
}

function readBytes(file: number, begin: number, end: number, label: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - begin);
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, Math.min(bytes.length - done, MOST_PER_READ), begin + done);
    if (count === 0) throw new Error(`${label}: the file became shorter while it was read`);
    done += count;
  }
  return bytes;
}
