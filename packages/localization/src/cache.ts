/** Bytes that a data set keeps of decoded pictures unless told otherwise: 512 MiB, 3500 pictures of 224 x 224. */
export const DEFAULT_CACHE_BYTES = 512 * 2 ** 20;

/**
 * Keeps decoded pictures, first come, up to a number of bytes; nothing is ever thrown out. An epoch touches every picture
 * once, so throwing out the least recently used would hit nothing at all as soon as the set is larger than the cache,
 * while the first ones to come stay useful in every epoch.
 */
export class PictureCache {
  readonly #pictures = new Map<string, Uint8Array>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes, at least 0; 0 keeps nothing. */
  constructor(limit: number = DEFAULT_CACHE_BYTES) {
    if (!(limit >= 0)) throw new RangeError(`"cacheBytes" must be at least 0, got ${limit}`);
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(index: number, size: number): Uint8Array | undefined {
    return this.#pictures.get(`${index}@${size}`);
  }

  /** Keeps the picture if there is room. */
  add(index: number, size: number, pixels: Uint8Array): void {
    const key = `${index}@${size}`;
    if (this.#pictures.has(key) || this.#bytes + pixels.byteLength > this.#limit) return;
    this.#pictures.set(key, pixels);
    this.#bytes += pixels.byteLength;
  }
}
