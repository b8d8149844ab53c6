import koffi from 'koffi';

/*
 * OrtApi is a struct of function pointers whose order the public header onnxruntime_c_api.h fixes: members are only
 * ever appended, so a caller asks for the lowest version that holds all it uses and any newer library serves it.
 */
export const ORT_API_VERSION = 5;

/** A native address. */
export type Pointer = bigint;

/** Types of the parameters we pass, each with its C type and, in `ParameterTypes`, its TypeScript type. */
const parameterTypes = {
  pointer: 'void *',
  dimensions: 'void *',
  /** Eight bytes that the callee fills with a pointer, a count or an enumerator. */
  cell: 'void *',
  text: 'str',
  int: 'int',
  size: 'size_t',
} as const;

interface ParameterTypes {
  pointer: Pointer | null;
  dimensions: BigInt64Array;
  cell: BigUint64Array;
  text: string;
  int: number;
  size: number;
}

/** A status is null when the call succeeded, else an object to be read and released. */
const resultTypes = { status: 'void *', nothing: 'void', int: 'int', text: 'str' } as const;

interface ResultTypes {
  status: Pointer | null;
  nothing: undefined;
  int: number;
  text: string;
}

type Member = readonly [position: number, result: keyof ResultTypes, parameters: readonly (keyof ParameterTypes)[]];

/** Position of each member in the struct (counted in pointers), its result and its parameters. */
const members = {
  GetErrorCode: [1, 'int', ['pointer']],
  GetErrorMessage: [2, 'text', ['pointer']],
  CreateEnv: [3, 'status', ['int', 'text', 'cell']],
  DisableTelemetryEvents: [6, 'status', ['pointer']],
  CreateSessionFromArray: [8, 'status', ['pointer', 'pointer', 'size', 'pointer', 'cell']],
  CreateSessionOptions: [10, 'status', ['cell']],
  DisableMemPattern: [17, 'status', ['pointer']],
  SetSessionGraphOptimizationLevel: [23, 'status', ['pointer', 'int']],
  SetIntraOpNumThreads: [24, 'status', ['pointer', 'int']],
  SessionGetInputCount: [30, 'status', ['pointer', 'cell']],
  SessionGetOutputCount: [31, 'status', ['pointer', 'cell']],
  SessionGetInputTypeInfo: [33, 'status', ['pointer', 'size', 'cell']],
  SessionGetOutputTypeInfo: [34, 'status', ['pointer', 'size', 'cell']],
  SessionGetInputName: [36, 'status', ['pointer', 'size', 'pointer', 'cell']],
  SessionGetOutputName: [37, 'status', ['pointer', 'size', 'pointer', 'cell']],
  CreateTensorWithDataAsOrtValue: [49, 'status', ['pointer', 'pointer', 'size', 'dimensions', 'size', 'int', 'cell']],
  CastTypeInfoToTensorInfo: [55, 'status', ['pointer', 'cell']],
  GetTensorElementType: [60, 'status', ['pointer', 'cell']],
  GetDimensionsCount: [61, 'status', ['pointer', 'cell']],
  GetDimensions: [62, 'status', ['pointer', 'dimensions', 'size']],
  CreateCpuMemoryInfo: [69, 'status', ['int', 'int', 'cell']],
  AllocatorFree: [76, 'status', ['pointer', 'pointer']],
  GetAllocatorWithDefaultOptions: [78, 'status', ['cell']],
  ReleaseEnv: [92, 'nothing', ['pointer']],
  ReleaseStatus: [93, 'nothing', ['pointer']],
  ReleaseMemoryInfo: [94, 'nothing', ['pointer']],
  ReleaseSession: [95, 'nothing', ['pointer']],
  ReleaseValue: [96, 'nothing', ['pointer']],
  ReleaseTypeInfo: [98, 'nothing', ['pointer']],
  ReleaseSessionOptions: [100, 'nothing', ['pointer']],
  AddSessionConfigEntry: [130, 'status', ['pointer', 'text', 'text']],
  RunWithBinding: [133, 'status', ['pointer', 'pointer', 'pointer']],
  CreateIoBinding: [134, 'status', ['pointer', 'cell']],
  ReleaseIoBinding: [135, 'nothing', ['pointer']],
  BindInput: [136, 'status', ['pointer', 'text', 'pointer']],
  BindOutput: [137, 'status', ['pointer', 'text', 'pointer']],
  CreateAndRegisterAllocator: [144, 'status', ['pointer', 'pointer', 'pointer']],
} as const satisfies Record<string, Member>;

type Members = typeof members;

type Arguments<Parameters extends readonly (keyof ParameterTypes)[]> = {
  -readonly [I in keyof Parameters]: ParameterTypes[Parameters[I]];
};

/** A native function: called directly it blocks; `async` runs it on a worker thread and calls back on this one. */
export interface NativeFunction<A extends unknown[], R> {
  (...args: A): R;
  async(...args: [...A, callback: (error: Error | null, result: R) => void]): void;
}

/** The functions of OrtApi that the engine uses, under their own names. */
export type OrtApi = {
  [K in keyof Members]: NativeFunction<Arguments<Members[K][2]>, ResultTypes[Members[K][1]]>;
};

/** Reads the functions we use out of a native OrtApi struct. */
export function readOrtApi(address: Pointer): OrtApi {
  const entries = Object.entries<Member>(members).map(([name, [position, result, parameters]]) => {
    const pointer: Pointer = koffi.decode(address, position * koffi.sizeof('void *'), 'void *');
    const prototype = koffi.proto(
      resultTypes[result],
      parameters.map((parameter) => parameterTypes[parameter]),
    );
    return [name, koffi.decode(pointer, prototype)];
  });
  return Object.fromEntries(entries);
}
