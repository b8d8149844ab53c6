/** From the storages of an archive, and strided views of them, to tensors in row-major order. */
import { float32FromBfloat16, float32FromFloat16 } from '../half.js';
import type { HostTensor } from '../safetensors.js';
import { type Fail, show } from '../safetensors-header.js';
import type { TorchStorage, TorchTensor } from './values.js';
import type { ZipArchive } from './zip.js';

type Values = Pick<HostTensor, 'dtype' | 'data'>;
type Bytes = Uint8Array<ArrayBuffer>;

interface StorageClass {
  readonly bytes: number;
  readonly decode: (bytes: Bytes) => Values;
}

const CLASSES: Readonly<Record<string, StorageClass>> = {
  FloatStorage: { bytes: 4, decode: ({ buffer }) => ({ dtype: 'F32', data: new Float32Array(buffer) }) },
  DoubleStorage: { bytes: 8, decode: ({ buffer }) => ({ dtype: 'F64', data: new Float64Array(buffer) }) },
  HalfStorage: {
    bytes: 2,
    decode: ({ buffer }) => ({ dtype: 'F32', data: float32FromFloat16(new Uint16Array(buffer)) }),
  },
  BFloat16Storage: {
    bytes: 2,
    decode: ({ buffer }) => ({ dtype: 'F32', data: float32FromBfloat16(new Uint16Array(buffer)) }),
  },
  LongStorage: { bytes: 8, decode: ({ buffer }) => ({ dtype: 'I64', data: new BigInt64Array(buffer) }) },
  IntStorage: { bytes: 4, decode: ({ buffer }) => ({ dtype: 'I32', data: new Int32Array(buffer) }) },
  ByteStorage: { bytes: 1, decode: (data) => ({ dtype: 'U8', data }) },
  BoolStorage: { bytes: 1, decode: (data) => ({ dtype: 'BOOL', data }) },
};

/** A storage may have several views (tied weights), but a small file must not fill the memory with copies of it. */
const MAX_VIEWS = 4;

/**
 * Reads each storage once, however many tensors view it. The tensors share no memory.
 * @param folder where the storages lie in the archive, with its slash.
 */
export function readTensors(
  tensors: ReadonlyMap<string, TorchTensor>,
  archive: ZipArchive,
  folder: string,
  fail: Fail,
): Map<string, HostTensor> {
  const names = new Map<string, string[]>();
  for (const [name, { storage }] of tensors) {
    const others = names.get(storage.key);
    if (others) others.push(name);
    else names.set(storage.key, [name]);
  }
  const read = new Map<string, HostTensor>();
  for (const group of names.values()) {
    const members = group.map((name) => [name, tensors.get(name)!] as const);
    const [firstName, { storage }] = members[0]!;
    const odd = members.find(
      ([, other]) => other.storage.type !== storage.type || other.storage.count !== storage.count,
    );
    if (odd) fail(`tensors ${show(firstName)} and ${show(odd[0])} disagree about their storage ${show(storage.key)}`);
    const elements = members.reduce((sum, [, { size }]) => sum + size, 0);
    if (elements > MAX_VIEWS * storage.count) {
      fail(`${members.length} tensors repeat the ${storage.count} elements of storage ${show(storage.key)}`);
    }
    const values = readStorage(firstName, storage, archive, folder, fail);
    for (const [name, tensor] of members) read.set(name, gather(tensor, values, members.length === 1));
  }
  return new Map([...tensors.keys()].map((name) => [name, read.get(name)!]));
}

function readStorage(
  name: string,
  { key, type, count }: TorchStorage,
  archive: ZipArchive,
  folder: string,
  fail: Fail,
): Values {
  const known = Object.hasOwn(CLASSES, type) ? CLASSES[type] : undefined;
  if (!known) {
    return fail(`tensor ${show(name)} has a torch.${type}; read are ${Object.keys(CLASSES).join(', ')}`);
  }
  const entry = folder + key;
  const size = archive.sizeOf(entry);
  if (size !== count * known.bytes) {
    const found = size === undefined ? 'is not in the archive' : `takes ${size} bytes`;
    return fail(`the storage of tensor ${show(name)} needs ${count * known.bytes} bytes, ${show(entry)} ${found}`);
  }
  const bytes = archive.read(entry);
  if (type === 'BoolStorage' && bytes.some((byte) => byte > 1)) {
    return fail(`tensor ${show(name)}: bool values must be 0 or 1`);
  }
  return known.decode(bytes);
}

/** @param alone nobody else views the storage: where the tensor is all of it, no copy is needed. */
function gather({ storage, offset, shape, strides, size }: TorchTensor, values: Values, alone: boolean): HostTensor {
  const { dtype, data } = values;
  if (isContiguous(shape, strides)) {
    const whole = alone && size === storage.count;
    return { dtype, shape, data: whole ? data : data.slice(offset, offset + size) } as HostTensor;
  }
  const gathered = data.slice(0, size);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < size; to++) {
    gathered[to] = data[from]!;
    // As an odometer: the last axis turns fastest.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype, shape, data: gathered } as HostTensor;
}

/** Strides of axes with one element do not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
