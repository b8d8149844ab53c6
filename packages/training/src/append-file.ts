/** Appending to a file, with what came last still in memory. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { reason } from './atomic.js';

/** A file that only grows, its size counted with what is still in memory. @throws Error that names it, and what failed. */
export class AppendFile {
  readonly #path: string;
  readonly #file: number;
  #size: number;
  #pending: Uint8Array[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#file = this.#try('open', () => openSync(path, 'a+'));
    this.#size = fstatSync(this.#file).size;
  }

  get size(): number {
    return this.#size;
  }

  append(content: string | Uint8Array): void {
    const bytes = Buffer.from(content);
    this.#pending.push(bytes);
    this.#size += bytes.length;
  }

  flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
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
