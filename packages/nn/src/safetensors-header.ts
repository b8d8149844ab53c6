/** The JSON header of a safetensors file: everything it claims is checked here, because the file may come from anybody. */
import { findDuplicateKey } from './json-keys.js';

/** The limit of the reference implementation: larger headers are taken for an attack. */
export const MAX_HEADER_BYTES = 100_000_000;

const READ_SIZES = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, U8: 1, BOOL: 1 } as const;
export type ReadDtype = keyof typeof READ_SIZES;

/** One tensor of the header; `begin` and `end` are byte positions in the data. */
export interface Entry {
  readonly name: string;
  readonly dtype: ReadDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Throws one line that names the file. */
export type Fail = (problem: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('the header is not valid UTF-8');
  }
  // The format fixes the first byte, so that no reader skips white space or a byte order mark and another does not.
  if (!text.startsWith('{')) return fail('the header must start with "{"');
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    return fail(`the header is not valid JSON: ${oneLine((error as Error).message)}`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) return fail(`the key ${show(duplicate)} occurs twice in the header`);
  return header as Record<string, unknown>;
}

/** The tensors and the metadata that a header declares, each checked on its own. */
export function readHeader(bytes: Uint8Array, fail: Fail): { entries: Entry[]; metadata: Record<string, string> } {
  const header = parseHeader(bytes, fail);
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = checkMetadata(value, fail);
    else entries.push(checkEntry(name, value, fail));
  }
  return { entries, metadata };
}

export function checkMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isObject(value)) return fail(`"__metadata__" must be an object of strings, got ${show(value)}`);
  for (const [key, text] of Object.entries(value)) {
    if (key === '__proto__') return fail('"__metadata__" must not have the key "__proto__"');
    if (typeof text !== 'string') return fail(`"__metadata__" must hold strings, got ${show(text)} at ${show(key)}`);
  }
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, fail: Fail): Entry {
  const tensor = `tensor ${show(name)}`;
  if (name === '__proto__') return fail('"__proto__" is not allowed as the name of a tensor');
  if (!isObject(value)) return fail(`${tensor} must be an object, got ${show(value)}`);
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return fail(`${tensor}: unknown field ${show(unknown)}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(READ_SIZES, dtype)) {
    return fail(`${tensor}: "dtype" must be one of ${Object.keys(READ_SIZES).join(', ')}, got ${show(dtype)}`);
  }
  if (!isSizes(shape)) {
    return fail(`${tensor}: "shape" must be an array of non-negative integers, got ${show(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return fail(`${tensor}: "data_offsets" must be [begin, end] with begin <= end, got ${show(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = count(shape) * READ_SIZES[dtype as ReadDtype];
  if (bytes !== end - begin) {
    return fail(`${tensor}: ${dtype} ${show(shape)} takes ${bytes} bytes, "data_offsets" give ${end - begin}`);
  }
  return { name, dtype: dtype as ReadDtype, shape, begin, end };
}

/** The tensors must tile the data exactly: an overlap or a hole could hide bytes from one reader or the next. */
export function checkLayout(entries: readonly Entry[], dataBytes: number, fail: Fail): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of ordered) {
    const tensor = `tensor ${show(name)}`;
    if (end > dataBytes) fail(`truncated: ${tensor} ends at byte ${end} of the data, the file has ${dataBytes}`);
    if (begin < position)
      fail(`${tensor} overlaps the tensor before it: begins at ${begin}, that one ends at ${position}`);
    if (begin > position) fail(`${tensor} leaves a hole before it: bytes ${position} to ${begin} belong to no tensor`);
    position = end;
  }
  if (position < dataBytes) fail(`the last ${dataBytes - position} bytes belong to no tensor`);
}

/** Infinity once it passes the exact integers: no file is that large, so the comparison with its bytes still fails. */
export function count(shape: readonly number[]): number {
  const product = shape.reduce((total, size) => total * size, 1);
  return Number.isSafeInteger(product) ? product : Number.POSITIVE_INFINITY;
}

export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as short JSON on one line; hostile files must not flood the terminal or write control codes to it. */
export function show(value: unknown): string {
  try {
    return oneLine(JSON.stringify(value) ?? String(value));
  } catch {
    // JSON.parse takes any depth, JSON.stringify runs out of stack.
    return 'a value nested too deeply to show';
  }
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return clean.length > 200 ? `${clean.slice(0, 200)}...` : clean;
}
