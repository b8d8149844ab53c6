import type { Fail } from '../safetensors-header.js';

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the arguments of pickle instructions one after the other; never beyond the end. */
export class Cursor {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #fail: Fail;
  #position = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, fail: Fail) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#fail = fail;
  }

  get position(): number {
    return this.#position;
  }

  uint8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  /** The one kind of number that pickle writes in big-endian order. */
  float64(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  /** Two's complement, little-endian, of at most 255 bytes. */
  long(length: number): number | bigint {
    const begin = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[begin + i]!);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  text(length: number): string {
    const begin = this.skip(length);
    return this.#decode(begin, begin + length);
  }

  /** Up to the next line feed, which is taken too. */
  line(): string {
    const begin = this.#position;
    const end = this.#bytes.indexOf(0x0a, begin);
    if (end < 0) return this.#fail('truncated');
    this.#position = end + 1;
    return this.#decode(begin, end);
  }

  /** @returns where the skipped bytes begin. */
  skip(count: number): number {
    const begin = this.#position;
    if (begin + count > this.#bytes.length) this.#fail('truncated');
    this.#position += count;
    return begin;
  }

  #decode(begin: number, end: number): string {
    try {
      return TEXT.decode(this.#bytes.subarray(begin, end));
    } catch {
      return this.#fail('a text that is not valid UTF-8');
    }
  }
}
