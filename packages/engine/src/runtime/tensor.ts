import koffi from 'koffi';
import type { Pointer } from './ort-api.js';

/** Element types that cross the border of a model. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool';

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/**
 * Memory of the caller with a shape: row-major, without gaps. The engine reads and writes it in place, and views of other
 * shapes with as many elements may share it. A bool tensor is a Uint8Array of 0 and 1.
 *
 * V8 starts large arrays at a multiple of 16 bytes. That is enough: Add, MatMul and Conv took the same time, within the
 * noise, at multiples of 64, 16 and 4.
 */
export interface TensorView {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** What a model declares of an input or output; a dimension of -1 is decided by the tensor bound to it. */
export interface TensorInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** ONNXTensorElementDataType of the public header, and the array that holds such elements. */
export const elementTypes = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
} as const;

export function elementTypeOf(code: number): ElementType | undefined {
  return (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type].code === code);
}

/** Address of the data. Touching `buffer` moves a small array out of the heap in which V8 moves objects about. */
export function addressOf(data: TensorData): Pointer {
  return data.buffer.byteLength === 0 ? 0n : koffi.address(data);
}
