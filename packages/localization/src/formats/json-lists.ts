/** The lists of objects at the top of a JSON document, such as COCO's: read piece by piece, and of each object only some members kept. */
import { BYTE } from './json-bytes.js';
import { DEEPEST, JsonScanner, type JsonSink } from './json-scanner.js';

/** By the name of a list, the names of the members that its objects are wanted for. */
export type WantedLists = Readonly<Record<string, readonly string[]>>;

/**
 * By name, what the document has of the wanted lists. An object is there with its wanted members alone, any other element as
 * `null`; a value that is no list is there as it is. Of members of the same name the last one counts.
 */
export type FoundLists = Readonly<Record<string, unknown>>;

/** Of the text of one object's wanted members. */
const MAX_TEXT = 2 ** 16;
/** What is kept, in bytes of memory as counted below: that of some two million boxes. */
const MAX_KEPT = 2 ** 29;
/** About what V8 takes for an object, and for any other value. */
const OBJECT_BYTES = 64;
const VALUE_BYTES = 16;

/** `write` the document, then take what `end` returns; both throw an Error with line and column where it is not JSON. */
export class JsonListReader {
  readonly #scanner: JsonScanner;
  readonly #keeper: Keeper;

  constructor(wanted: WantedLists) {
    this.#keeper = new Keeper(wanted);
    this.#scanner = new JsonScanner(this.#keeper);
  }

  /** @param piece UTF-8; characters may be cut. @throws Error also if too much of the document is wanted. */
  write(piece: Uint8Array): void {
    this.#keeper.beginPiece(piece);
    this.#scanner.write(piece);
    this.#keeper.endPiece();
  }

  end(): FoundLists {
    this.#keeper.beginPiece(new Uint8Array(0));
    this.#scanner.end();
    return this.#keeper.found;
  }
}

interface Name {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Depths: members of the document are inside 1 container, elements of its lists inside 2, members of those inside 3. */
class Keeper implements JsonSink {
  readonly found: Record<string, unknown> = {};
  readonly #lists: readonly Name[];
  readonly #members: ReadonlyMap<string, readonly Name[]>;
  /** The wanted member of the document that the scanner is in, and its value if that is a list. */
  #listName: Name | undefined;
  #list: unknown[] | undefined;
  #isInElement = false;
  #memberName: Name | undefined;
  /** The containers around the value whose text is being kept; 0: none is. */
  #keptDepth = 0;
  #keptFrom = 0;
  readonly #text = Buffer.allocUnsafe(MAX_TEXT);
  #length = 0;
  #kept = 0;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(wanted: WantedLists) {
    this.#lists = Object.keys(wanted).map(nameOf);
    this.#members = new Map(Object.entries(wanted).map(([list, members]) => [list, members.map(nameOf)]));
  }

  beginPiece(piece: Uint8Array): void {
    this.#piece = piece;
    this.#keptFrom = 0;
  }

  endPiece(): void {
    if (this.#keptDepth > 0) this.#append(this.#piece.subarray(this.#keptFrom));
  }

  key(depth: number, bytes: Uint8Array, length: number): void {
    if (depth === 1) this.#listName = find(this.#lists, bytes, length);
    else if (depth === DEEPEST && this.#isInElement) {
      this.#memberName = find(this.#members.get(this.#listName!.name)!, bytes, length);
    }
  }

  begin(depth: number, byte: number, at: number): void {
    if (depth === 1 && this.#listName) {
      if (byte === BYTE.array) {
        this.#list = [];
        this.found[this.#listName.name] = this.#list;
      } else this.#keepFrom(at, depth);
    } else if (depth === 2 && this.#list) {
      this.#isInElement = byte === BYTE.object;
      if (this.#isInElement) return;
      this.#count(VALUE_BYTES);
      this.#list.push(null);
    } else if (depth === DEEPEST && this.#isInElement && this.#memberName) {
      this.#append(this.#length === 0 ? OPENING : NEXT);
      this.#append(this.#memberName.bytes);
      this.#append(COLON);
      this.#keepFrom(at, depth);
    }
  }

  end(depth: number, at: number): void {
    if (this.#keptDepth > 0) {
      if (depth !== this.#keptDepth) return;
      this.#append(this.#piece.subarray(this.#keptFrom, at));
      this.#keptDepth = 0;
      if (depth === 1) this.found[this.#listName!.name] = this.#take();
    } else if (depth === 2 && this.#isInElement) {
      this.#append(this.#length === 0 ? EMPTY : CLOSING);
      this.#list!.push(this.#take());
      this.#isInElement = false;
    } else if (depth === 1) this.#list = undefined;
  }

  #keepFrom(at: number, depth: number): void {
    this.#keptFrom = at;
    this.#keptDepth = depth;
  }

  #append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > MAX_TEXT) throw new Error(`${this.#place()}: more than ${MAX_TEXT} bytes`);
    this.#text.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The scanner has seen that it is JSON. */
  #take(): unknown {
    this.#count(this.#length + bytesOfValues(this.#text, this.#length));
    const value: unknown = JSON.parse(this.#text.toString('utf8', 0, this.#length));
    this.#length = 0;
    return value;
  }

  #count(bytes: number): void {
    this.#kept += bytes;
    if (this.#kept <= MAX_KEPT) return;
    throw new Error(`${this.#place()}: what is read of the file takes more than ${MAX_KEPT / 2 ** 20} MiB of memory`);
  }

  #place(): string {
    const name = this.#listName!.name;
    return this.#list ? `${name}[${this.#list.length}]` : `"${name}"`;
  }
}

const [OPENING, NEXT, COLON, CLOSING, EMPTY] = ['{', ',', ':', '}', '{}'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

/** Each value but the first is behind one of these; those in texts are counted too. */
function bytesOfValues(text: Uint8Array, length: number): number {
  let bytes = VALUE_BYTES;
  for (let at = 0; at < length; at++) {
    const byte = text[at];
    if (byte === BYTE.object) bytes += OBJECT_BYTES;
    else if (byte === BYTE.array || byte === BYTE.comma) bytes += VALUE_BYTES;
  }
  return bytes;
}

/** As JSON has it, quotes included. */
function nameOf(name: string): Name {
  return { name, bytes: Buffer.from(JSON.stringify(name)) };
}

function find(names: readonly Name[], bytes: Uint8Array, length: number): Name | undefined {
  if (bytes.subarray(0, length).includes(BYTE.backslash)) {
    const text = unescaped(bytes, length);
    return names.find(({ name }) => name === text);
  }
  return names.find((wanted) => {
    if (wanted.bytes.length !== length + 2) return false;
    for (let at = 0; at < length; at++) if (bytes[at] !== wanted.bytes[at + 1]) return false;
    return true;
  });
}

/** Undefined for a name that was cut off in an escape: it is none that is wanted. */
function unescaped(bytes: Uint8Array, length: number): unknown {
  try {
    return JSON.parse(`"${Buffer.from(bytes.subarray(0, length)).toString('utf8')}"`);
  } catch {
    return undefined;
  }
}
