/** One byte for each: nesting may be deep in a file that somebody made for that. */
const MAX_DEPTH = 2 ** 20;

/** The lists and objects that a reader of JSON is in, by their first bytes. */
export class OpenContainers {
  #kinds = new Uint8Array(64);
  depth = 0;

  /** Of the innermost; undefined outside of all. */
  get innermost(): number | undefined {
    return this.#kinds[this.depth - 1];
  }

  /** @throws Error if there are too many. */
  push(kind: number): void {
    if (this.depth === MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} lists and objects in each other`);
    if (this.depth === this.#kinds.length) {
      const kinds = new Uint8Array(2 * this.depth);
      kinds.set(this.#kinds);
      this.#kinds = kinds;
    }
    this.#kinds[this.depth++] = kind;
  }

  pop(): void {
    this.depth--;
  }
}
