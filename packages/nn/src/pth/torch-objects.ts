/** The globals that a state dict's pickle may name, and what calling them gives. There are no others. */
import { count, type Fail, isSizes, show } from '../safetensors-header.js';
import {
  kindOf,
  PickleDict,
  PickleGlobal,
  PickleTuple,
  type PickleValue,
  TorchStorage,
  TorchTensor,
} from './values.js';

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
const CALLABLE = [ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER];
const STORAGE = /^torch\.(\w{1,40}Storage)$/;

/**
 * What makes weights of anything else. The file is named twice on the command line: which it is, the user knows best.
 */
const CONVERSION = [
  'import sys, torch',
  'from safetensors.torch import save_file',
  "d = torch.load(sys.argv[1], map_location='cpu', weights_only=False)",
  "d = d.get('state_dict', d.get('model', d)) if isinstance(d, dict) else d",
  "d = d.state_dict() if hasattr(d, 'state_dict') else d",
  'save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, sys.argv[2])',
].join('; ');

/** How to convert a file that we refuse, as the end of an error message. It runs what is in the file. */
export const HOW_TO_CONVERT = `if you trust the file, convert it with: python3 -c "${CONVERSION}" IN.pth OUT.safetensors`;

/** @throws Error that names the global if it is not one of the few. */
export function allowedGlobal(module: string, name: string, fail: Fail): PickleGlobal {
  const full = `${module}.${name}`;
  if (CALLABLE.includes(full) || STORAGE.test(full)) return new PickleGlobal(full);
  return fail(`its pickle wants to use ${show(full)}, and only tensors are read from a .pth file; ${HOW_TO_CONVERT}`);
}

/** What Python's `callee(*args)` gives. */
export function call(callee: PickleValue, args: PickleValue, fail: Fail): PickleValue {
  if (!(callee instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
    return fail(`a call of ${kindOf(callee)} with ${kindOf(args)}`);
  }
  switch (callee.name) {
    case ORDERED_DICT:
      // torch.save makes it empty and sets its items after.
      return args.items.length === 0 ? new PickleDict() : fail('an OrderedDict with arguments');
    case REBUILD_TENSOR:
      return rebuildTensor(args.items, fail);
    case REBUILD_PARAMETER: {
      // data, requires_grad, backward_hooks
      const [data] = args.items;
      return data instanceof TorchTensor ? data : fail('a parameter that is no tensor');
    }
    default:
      return fail(`a call of ${callee.name}`);
  }
}

/** The persistent id of a storage: ('storage', class, key, location, number of elements). */
export function storageFor(id: PickleValue, fail: Fail): TorchStorage {
  const [tag, type, key, location, size] = id instanceof PickleTuple ? id.items : [];
  const name = type instanceof PickleGlobal ? STORAGE.exec(type.name)?.[1] : undefined;
  if (
    tag !== 'storage' ||
    name === undefined ||
    typeof key !== 'string' ||
    typeof location !== 'string' ||
    !isSizes([size])
  ) {
    return fail('a persistent id that is not of a storage');
  }
  return new TorchStorage(key, name, Number(size));
}

/** storage, offset, size, stride, requires_grad, backward_hooks, and in newer files metadata */
function rebuildTensor(args: readonly PickleValue[], fail: Fail): TorchTensor {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof TorchStorage)) return fail(`a tensor over ${kindOf(storage ?? null)}`);
  const shape = size instanceof PickleTuple ? size.items : [];
  const strides = stride instanceof PickleTuple ? stride.items : [];
  if (
    args.length < 6 ||
    !isSizes([offset]) ||
    !isSizes(shape) ||
    !isSizes(strides) ||
    shape.length !== strides.length
  ) {
    return fail('a tensor whose offset, sizes and strides are not whole numbers of 0 or more');
  }
  const start = Number(offset);
  const elements = count(shape);
  const last = shape.reduce((sum, length, i) => sum + (length - 1) * strides[i]!, start);
  if (elements > 0 && !(last < storage.count)) {
    return fail(`a tensor of shape ${show(shape)} reaches element ${last} of a storage of ${storage.count}`);
  }
  // Strides of 0 make any number of elements of one: no weights do, but an attack on the memory would.
  if (elements > storage.count) {
    return fail(`a tensor of shape ${show(shape)} repeats the ${storage.count} elements of its storage`);
  }
  return new TorchTensor(storage, start, shape, strides, elements);
}
