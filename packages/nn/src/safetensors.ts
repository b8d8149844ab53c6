/**
 * The safetensors file format (https://huggingface.co/docs/safetensors): an unsigned 64-bit little-endian header
 * length, a JSON header `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__?: { key: text } }`, then
 * the raw row-major little-endian values. Nothing in it can run, which is why weights and checkpoints live in it.
 */
import { type ByteSource, withSource } from './byte-source.js';
import { float32FromBfloat16, float32FromFloat16 } from './half.js';
import {
  checkLayout,
  checkMetadata,
  count,
  type Entry,
  type Fail,
  isSizes,
  MAX_HEADER_BYTES,
  readHeader,
  show,
} from './safetensors-header.js';

/** A tensor on the host, row-major. A scalar has the shape []. BOOL holds one byte per value, 0 or 1. */
export type HostTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'F64'; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'U8' | 'BOOL'; readonly shape: readonly number[]; readonly data: Uint8Array };

export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, string>;
}

const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/**
 * Reads a safetensors file, or its bytes. F16 and BF16 become F32. The file may come from anybody: every claim of its
 * header is checked before anything is allocated for it, and the tensors never share memory with the input.
 *
 * @throws Error with one line that names the file and the tensor if anything is not as the format demands, or if a
 * dtype is none of F64, F32, F16, BF16, I64, I32, U8, BOOL.
 */
export function readSafetensors(source: Uint8Array | string): Safetensors {
  return withSource('safetensors', source, readSource);
}

/** The same, of a source that is open already. */
export function readSource(source: ByteSource): Safetensors {
  const fail = (problem: string): never => {
    throw new Error(`${source.label}: ${problem}`);
  };
  if (source.size < 8) fail(`truncated: ${source.size} bytes, the header length alone takes 8`);
  const headerLength = new DataView(source.read(0, 8).buffer).getBigUint64(0, true);
  if (headerLength > MAX_HEADER_BYTES) {
    fail(`not a safetensors file: header of ${headerLength} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  const dataStart = 8 + Number(headerLength);
  if (dataStart > source.size) {
    fail(`truncated: the header takes ${headerLength} bytes, the file has ${source.size - 8} after its length`);
  }
  const { entries, metadata } = readHeader(source.read(8, dataStart), fail);
  checkLayout(entries, source.size - dataStart, fail);
  const tensors = new Map<string, HostTensor>();
  for (const entry of entries) {
    const bytes = source.read(dataStart + entry.begin, dataStart + entry.end);
    tensors.set(entry.name, decode(entry, bytes, fail));
  }
  return { tensors, metadata };
}

function decode({ name, dtype, shape }: Entry, bytes: Uint8Array<ArrayBuffer>, fail: Fail): HostTensor {
  if (dtype === 'F16' || dtype === 'BF16') {
    const convert = dtype === 'F16' ? float32FromFloat16 : float32FromBfloat16;
    return { dtype: 'F32', shape, data: convert(new Uint16Array(bytes.buffer)) };
  }
  if (dtype === 'BOOL' && bytes.some((byte) => byte > 1)) fail(`tensor ${show(name)}: BOOL values must be 0 or 1`);
  return { dtype, shape, data: new ARRAYS[dtype](bytes.buffer) } as HostTensor;
}

/**
 * The bytes of a safetensors file. The same tensors in the same order give the same bytes.
 * @throws TypeError or RangeError that names the tensor if its data do not fit its dtype and shape.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.byteLength;
  }
  return bytes;
}

/** As `encodeSafetensors`, but without the copy: the header, then views of the tensors' own memory, in file order. */
export function safetensorsParts(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  checkMetadata(metadata, (problem) => {
    throw new TypeError(problem);
  });
  // Widest values first, so that every tensor is aligned for readers that map the file into memory.
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const offsets = new Map<string, [number, number]>();
  let position = 0;
  for (const [name, { data }] of ordered) {
    offsets.set(name, [position, position + data.byteLength]);
    position += data.byteLength;
  }
  const fields = [...tensors].map(([name, { dtype, shape }]) => {
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets.get(name) })}`;
  });
  if (Object.keys(metadata).length > 0) fields.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  if (header.length - 8 > MAX_HEADER_BYTES) {
    throw new RangeError(`the header takes ${header.length - 8} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return [header, ...ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

function checkTensor(name: string, { dtype, shape, data }: HostTensor): void {
  const tensor = `tensor ${show(name)}`;
  if (name === '__proto__' || name === '__metadata__')
    throw new TypeError(`${show(name)} is not allowed as the name of a tensor`);
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new TypeError(`${tensor}: "dtype" must be one of ${Object.keys(ARRAYS).join(', ')}, got ${show(dtype)}`);
  }
  if (!(data instanceof ARRAYS[dtype])) {
    throw new TypeError(`${tensor}: ${dtype} needs a ${ARRAYS[dtype].name}, got ${data?.constructor?.name}`);
  }
  if (!isSizes(shape) || count(shape) !== data.length) {
    throw new RangeError(`${tensor}: "shape" ${show(shape)} does not fit its ${data.length} values`);
  }
  if (dtype === 'BOOL' && data.some((byte) => byte > 1)) throw new RangeError(`${tensor}: BOOL values must be 0 or 1`);
}
