/** The syntax of JSON over bytes that come in pieces: tells where names and values are, and keeps none of them. */
import { BYTE, IS_ESCAPE, IS_HEX, IS_NUMBER, JOINS_NUMBER, JOINS_WORD, NUMBER, WORDS } from './json-bytes.js';
import { OpenContainers } from './open-containers.js';

/** Told of names and values inside at most `DEEPEST` containers. */
export interface JsonSink {
  /** A member's name inside `depth` containers: the first `length` bytes of `name`, as between the quotes; cut off at 96. */
  key(depth: number, name: Uint8Array, length: number): void;
  /** A value begins inside `depth` containers with this byte, at `at` of the present piece. */
  begin(depth: number, byte: number, at: number): void;
  /** A value inside `depth` containers has ended before `at` of the present piece. */
  end(depth: number, at: number): void;
}

export const DEEPEST = 3;
/** Longer than any name that is looked for, even if each letter is an escape. */
const MAX_NAME = 96;
/** Of what is unexpected, in characters of at most four bytes. */
const SHOWN = 12;
const NOTHING = new Uint8Array(0);

/** What comes next; from `ESCAPE` on, more of something that is wrong as a whole if it goes wrong. */
const [VALUE, VALUE_OR_END, KEY, KEY_OR_END, AFTER_KEY, AFTER_VALUE, STRING, ESCAPE, HEX, IN_NUMBER, IN_WORD] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
] as const;

export class JsonScanner {
  readonly #sink: JsonSink;
  #state: number = VALUE;
  readonly #open = new OpenContainers();
  readonly #name = new Uint8Array(MAX_NAME);
  #nameLength = 0;
  #isName = false;
  #number = 0;
  #word: Uint8Array = NOTHING;
  /** How much there is of the word, or of the four digits of an escape. */
  #done = 0;

  #piece: Uint8Array = NOTHING;
  /** Offset of the piece. */
  #base = 0;
  #line = 1;
  #lineStart = 0;
  /** Bytes of the line so far less its UTF-16 units, which columns count. */
  #surplus = 0;
  /** Offset of the number, word or escape that is being read; its first bytes if they are of an earlier piece. */
  #mark = 0;
  #head: Uint8Array = NOTHING;

  constructor(sink: JsonSink) {
    this.#sink = sink;
  }

  /**
   * @param piece UTF-8; characters may be cut.
   * @throws Error with line and column of the first character that is not JSON.
   */
  write(piece: Uint8Array): void {
    this.#piece = piece;
    let at = 0;
    while (at < piece.length) {
      const state = this.#state;
      if (state === IN_NUMBER) at = this.#inNumber(at);
      else if (state === STRING) at = this.#inString(at);
      else if (state === IN_WORD) at = this.#inWord(at);
      else if (state >= ESCAPE) this.#inEscape(piece[at++]!);
      else if (piece[at] === BYTE.space) at++;
      else at = this.#structure(piece[at]!, at);
    }
    if (this.#state >= ESCAPE) this.#head = this.#fromMark();
    this.#base += piece.length;
    this.#piece = NOTHING;
  }

  /** @throws Error if the document is not complete. */
  end(): void {
    const state = this.#state;
    if (state === IN_NUMBER ? IS_NUMBER[this.#number] === 1 : state === IN_WORD && this.#done === this.#word.length) {
      this.#valueEnded(0);
    } else if (state >= ESCAPE) throw this.#mistake(this.#mark);
    if (this.#state !== AFTER_VALUE || this.#open.depth > 0) throw this.#mistake(this.#base);
  }

  #structure(byte: number, at: number): number {
    if (byte === BYTE.lineFeed) {
      this.#line++;
      this.#lineStart = this.#base + at + 1;
      this.#surplus = 0;
      return at + 1;
    }
    if (byte === BYTE.return || byte === BYTE.tab) return at + 1;
    const { innermost } = this.#open;
    switch (this.#state) {
      case AFTER_VALUE:
        if (byte === BYTE.comma && innermost !== undefined) this.#state = innermost === BYTE.array ? VALUE : KEY;
        else if (innermost !== undefined && byte === (innermost === BYTE.array ? BYTE.arrayEnd : BYTE.objectEnd))
          this.#close(at);
        else throw this.#mistake(this.#base + at);
        return at + 1;
      case AFTER_KEY:
        if (byte !== BYTE.colon) throw this.#mistake(this.#base + at);
        this.#state = VALUE;
        return at + 1;
      case KEY:
      case KEY_OR_END:
        if (byte === BYTE.objectEnd && this.#state === KEY_OR_END) this.#close(at);
        else if (byte === BYTE.quote) {
          this.#state = STRING;
          this.#isName = true;
          this.#nameLength = 0;
        } else throw this.#mistake(this.#base + at);
        return at + 1;
      default:
        if (byte === BYTE.arrayEnd && this.#state === VALUE_OR_END) {
          this.#close(at);
          return at + 1;
        }
        return this.#value(byte, at);
    }
  }

  /** @returns where to go on: a number's first byte is read as its others are. */
  #value(byte: number, at: number): number {
    this.#mark = this.#base + at;
    const word = WORDS.get(byte);
    if (byte === BYTE.array || byte === BYTE.object) this.#state = byte === BYTE.array ? VALUE_OR_END : KEY_OR_END;
    else if (byte === BYTE.quote) this.#state = STRING;
    else if (NUMBER[byte] !== 0) this.#state = IN_NUMBER;
    else if (word) this.#state = IN_WORD;
    else throw this.#mistake(this.#mark);
    if (this.#open.depth <= DEEPEST) this.#sink.begin(this.#open.depth, byte, at);
    this.#isName = false;
    this.#number = 0;
    this.#done = 1;
    if (word) this.#word = word;
    if (byte === BYTE.array || byte === BYTE.object) this.#open.push(byte);
    return this.#state === IN_NUMBER ? at : at + 1;
  }

  #inNumber(from: number): number {
    const piece = this.#piece;
    const isOneOfMany = this.#open.depth > DEEPEST && this.#open.innermost === BYTE.array;
    let number = this.#number;
    let at = from;
    for (; at < piece.length; at++) {
      const byte = piece[at]!;
      const next = NUMBER[256 * number + byte]!;
      if (next !== 0) {
        number = next;
        continue;
      }
      if (IS_NUMBER[number] === 0 || JOINS_NUMBER[byte] === 1) throw this.#mistake(this.#mark);
      // Most of a file are lists of numbers that nobody is told of: from one to the next without a detour.
      const other = piece[at + 1] === BYTE.space ? at + 2 : at + 1;
      if (!isOneOfMany || byte !== BYTE.comma || other >= piece.length || NUMBER[piece[other]!] === 0) {
        this.#valueEnded(at);
        return at;
      }
      at = other;
      this.#mark = this.#base + at;
      number = NUMBER[piece[at]!]!;
    }
    this.#number = number;
    return at;
  }

  #inWord(at: number): number {
    const byte = this.#piece[at]!;
    if (this.#done < this.#word.length) {
      if (byte !== this.#word[this.#done++]) throw this.#mistake(this.#mark);
      return at + 1;
    }
    if (JOINS_WORD[byte] === 1) throw this.#mistake(this.#mark);
    this.#valueEnded(at);
    return at;
  }

  #inString(from: number): number {
    const piece = this.#piece;
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === BYTE.quote) {
        if (this.#isName) {
          if (this.#open.depth <= DEEPEST) this.#sink.key(this.#open.depth, this.#name, this.#nameLength);
          this.#state = AFTER_KEY;
        } else this.#valueEnded(at + 1);
        return at + 1;
      }
      if (byte < BYTE.space) throw this.#mistake(this.#base + at);
      // A character of 2, 3 or 4 bytes is 1, 1 or 2 units: one less for each byte that continues it, one more for a fourth.
      if (byte >= 0x80) this.#surplus += byte < 0xc0 ? 1 : byte >= 0xf0 ? -1 : 0;
      if (this.#isName) this.#keep(byte);
      if (byte === BYTE.backslash) {
        this.#mark = this.#base + at;
        this.#state = ESCAPE;
        return at + 1;
      }
    }
    return piece.length;
  }

  #inEscape(byte: number): void {
    const isHex = this.#state === HEX;
    if (isHex ? IS_HEX[byte] === 0 : byte !== BYTE.u && IS_ESCAPE[byte] === 0) throw this.#mistake(this.#mark);
    if (this.#isName) this.#keep(byte);
    this.#done = isHex ? this.#done + 1 : 0;
    this.#state = (isHex ? this.#done === 4 : byte !== BYTE.u) ? STRING : HEX;
  }

  #keep(byte: number): void {
    if (this.#nameLength < MAX_NAME) this.#name[this.#nameLength++] = byte;
  }

  #valueEnded(at: number): void {
    this.#state = AFTER_VALUE;
    if (this.#open.depth <= DEEPEST) this.#sink.end(this.#open.depth, at);
  }

  #close(at: number): void {
    this.#open.pop();
    this.#valueEnded(at + 1);
  }

  /** The bytes from the mark on, as far as they are needed and there. */
  #fromMark(): Uint8Array {
    const inPiece = this.#mark - this.#base;
    const there = this.#piece.subarray(Math.max(inPiece, 0), Math.max(inPiece, 0) + 4 * SHOWN);
    return inPiece >= 0 ? there.slice() : Buffer.concat([this.#head, there]).subarray(0, 4 * SHOWN);
  }

  #mistake(offset: number): Error {
    const inPiece = offset - this.#base;
    const bytes = offset === this.#mark ? this.#fromMark() : this.#piece.subarray(inPiece, inPiece + 4 * SHOWN);
    const text = new TextDecoder().decode(bytes).slice(0, SHOWN);
    const found = text === '' ? 'the end of the file' : JSON.stringify(text);
    const column = offset - this.#lineStart - this.#surplus + 1;
    return new Error(`not JSON at line ${this.#line}, column ${column}: unexpected ${found}`);
  }
}
