import koffi from 'koffi';
import { create, read } from './calls.js';
import { EngineError } from './error.js';
import { ortApi } from './library.js';
import type { Native } from './native.js';
import type { Pointer } from './ort-api.js';
import { check } from './status.js';
import { elementTypeOf, type TensorInfo } from './tensor.js';

const doing = 'read the inputs and outputs of the model';

/** The inputs that a compiled model declares, in its order. */
export function readInputs(session: Pointer): TensorInfo[] {
  const api = ortApi();
  return readAll(
    read(doing, (cell) => api.SessionGetInputCount(session, cell)),
    (i) => readName((allocator, cell) => api.SessionGetInputName(session, i, allocator, cell)),
    (i) => create(doing, (cell) => api.SessionGetInputTypeInfo(session, i, cell), api.ReleaseTypeInfo),
  );
}

/** The outputs that a compiled model declares, in its order. */
export function readOutputs(session: Pointer): TensorInfo[] {
  const api = ortApi();
  return readAll(
    read(doing, (cell) => api.SessionGetOutputCount(session, cell)),
    (i) => readName((allocator, cell) => api.SessionGetOutputName(session, i, allocator, cell)),
    (i) => create(doing, (cell) => api.SessionGetOutputTypeInfo(session, i, cell), api.ReleaseTypeInfo),
  );
}

function readAll(count: bigint, nameOf: (i: number) => string, typeOf: (i: number) => Native): TensorInfo[] {
  return Array.from({ length: Number(count) }, (_, i) => {
    const name = nameOf(i);
    const type = typeOf(i);
    try {
      return { name, ...readType(name, type.pointer) };
    } finally {
      type.release();
    }
  });
}

function readName(fill: (allocator: Pointer, cell: BigUint64Array) => Pointer | null): string {
  const api = ortApi();
  // The default allocator belongs to ONNX Runtime: it is not released.
  const allocator = read(doing, (cell) => api.GetAllocatorWithDefaultOptions(cell));
  const address = read(doing, (cell) => fill(allocator, cell));
  const name = koffi.decode.string(address);
  check(api.AllocatorFree(allocator, address), doing);
  return name;
}

function readType(name: string, typeInfo: Pointer): Omit<TensorInfo, 'name'> {
  const api = ortApi();
  // A view into typeInfo, NULL when the value is no tensor (a sequence, a map).
  const tensorInfo = read(doing, (cell) => api.CastTypeInfoToTensorInfo(typeInfo, cell));
  if (tensorInfo === 0n) throw new EngineError('invalid-model', `"${name}" is not a tensor`);
  const code = Number(read(doing, (cell) => api.GetTensorElementType(tensorInfo, cell)));
  const type = elementTypeOf(code);
  if (!type) throw new EngineError('invalid-model', `"${name}" has the unsupported element type ${code}`);
  const rank = Number(read(doing, (cell) => api.GetDimensionsCount(tensorInfo, cell)));
  const dimensions = new BigInt64Array(rank);
  check(api.GetDimensions(tensorInfo, dimensions, rank), doing);
  return { type, shape: Array.from(dimensions, Number) };
}
