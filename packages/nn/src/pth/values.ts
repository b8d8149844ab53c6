/** What a state dict's pickle may be made of. None of it is a JavaScript object with keys from the file. */

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleTuple
  | typeof LIST
  | PickleDict
  | PickleGlobal
  | TorchStorage
  | TorchTensor;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Any list: what is in it is not kept, for no tensor of a state dict is. */
export const LIST = Symbol('list');

/** A dict or an OrderedDict. */
export class PickleDict {
  #entries: Map<string | number, PickleValue> | undefined;

  /** Made when it is asked for: a hostile file may make millions of dicts and put nothing into them. */
  get entries(): Map<string | number, PickleValue> {
    this.#entries ??= new Map();
    return this.#entries;
  }
}

/** The name of a function or class of Python, one of the allowed ones. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** Numbers in an entry of the archive, not read yet. */
export class TorchStorage {
  constructor(
    /** Its entry is `data/<key>`. */
    readonly key: string,
    /** Name of the class in torch, such as FloatStorage. */
    readonly type: string,
    /** Of elements. */
    readonly count: number,
  ) {}
}

/** A strided view of a storage; sizes and bounds are checked when it is made. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    /** In elements, as the strides are. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** Product of the shape. */
    readonly size: number,
  ) {}
}

/** A word for messages: what the value is, never what it holds. */
export function kindOf(value: PickleValue): string {
  if (value === null) return 'None';
  if (value instanceof PickleTuple) return 'a tuple';
  if (value === LIST) return 'a list';
  if (value instanceof PickleDict) return 'a dict';
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof TorchStorage) return 'a storage';
  if (value instanceof TorchTensor) return 'a tensor';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
