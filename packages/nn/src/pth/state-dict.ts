/** The state dict of a .pth file. */
import { type ByteSource, withSource } from '../byte-source.js';
import type { HostTensor } from '../safetensors.js';
import { type Fail, show } from '../safetensors-header.js';
import { MAX_PICKLE_BYTES, unpickle } from './pickle.js';
import { readTensors } from './storages.js';
import { HOW_TO_CONVERT } from './torch-objects.js';
import { kindOf, PickleDict, type PickleValue, TorchTensor } from './values.js';
import { isZip, ZipArchive } from './zip.js';

export interface Pth {
  /** In the order of the file, row-major. F16 and BF16 became F32. */
  readonly tensors: Map<string, HostTensor>;
  /** Where they lie: keys of nested dicts, such as ["state_dict"]; [] if the file is the state dict itself. */
  readonly path: readonly string[];
  /** Keys of what else lies beside the tensors and around the state dict, such as "epoch". */
  readonly ignored: readonly string[];
}

/** Under which names training programs keep the state dict in a checkpoint. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

/**
 * Reads the state dict of a file of `torch.save` (the zip form, PyTorch 1.6 and newer): a dict of tensors, itself or under
 * "state_dict", "model_state_dict" or "model". Nothing in the file is run: its pickle may name tensors, storages and
 * OrderedDict, and the file is refused if it names anything else. Float, double, half, bfloat16, long, int, byte and bool
 * tensors are read.
 *
 * @param source a path, or the bytes.
 * @throws Error with one line that names the file and the problem; of a refused file, with the command that converts it.
 */
export function readPth(source: Uint8Array | string): Pth {
  return withSource('weights', source, readPthSource);
}

/** The same, of a source that is open already. */
export function readPthSource(source: ByteSource): Pth {
  const fail = (problem: string): never => {
    throw new Error(`${source.label}: ${problem}`);
  };
  const start = source.read(0, Math.min(2, source.size));
  if (isPickle(start)) return fail(`the form of PyTorch before 1.6 is not read; ${HOW_TO_CONVERT}`);
  if (!isZip(start)) return fail('not a file of torch.save: it does not begin as a zip archive');
  const archive = new ZipArchive(source, fail);
  const folder = folderOf(archive, fail);
  const root = unpickle(archive.read(`${folder}data.pkl`), fail);
  const { tensors, path, ignored } = findStateDict(root, fail);
  return { tensors: readTensors(tensors, archive, `${folder}data/`, fail), path, ignored };
}

/** Whether a file that begins with these bytes is a bare pickle: the form of torch.save before PyTorch 1.6. */
export function isPickle(start: Uint8Array): boolean {
  return start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5;
}

/** The one folder in the archive, whatever its name, with its slash. */
function folderOf(archive: ZipArchive, fail: Fail): string {
  const pickles = archive.names.filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    fail(`a file of torch.save has one data.pkl in its zip archive, this has ${pickles.length}`);
  const pickle = pickles[0]!;
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (archive.sizeOf(`${folder}constants.pkl`) !== undefined) {
    fail(`it is a TorchScript archive, a program and not only weights; ${HOW_TO_CONVERT}`);
  }
  const size = archive.sizeOf(pickle)!;
  if (size > MAX_PICKLE_BYTES) fail(`its data.pkl takes ${size} bytes, at most ${MAX_PICKLE_BYTES} are allowed`);
  const order = `${folder}byteorder`;
  if (archive.sizeOf(order) === 3 && new TextDecoder().decode(archive.read(order)) === 'big') {
    fail('it was written on a big-endian machine, which is not supported');
  }
  return folder;
}

interface Found {
  readonly tensors: Map<string, TorchTensor>;
  readonly path: string[];
  readonly ignored: string[];
}

function findStateDict(root: PickleValue, fail: Fail): Found {
  const path: string[] = [];
  const ignored: string[] = [];
  let value = root;
  while (value instanceof PickleDict) {
    const { entries } = value;
    const wrapper = path.length < WRAPPERS.length && WRAPPERS.find((key) => entries.get(key) instanceof PickleDict);
    if (!wrapper) break;
    for (const key of entries.keys()) if (key !== wrapper) ignored.push(String(key));
    path.push(wrapper);
    value = entries.get(wrapper)!;
  }
  const tensors = new Map<string, TorchTensor>();
  for (const [key, entry] of value instanceof PickleDict ? value.entries : []) {
    if (typeof key === 'string' && entry instanceof TorchTensor) tensors.set(key, entry);
    else ignored.push(String(key));
  }
  if (tensors.size > 0) return { tensors, path, ignored };
  const found = value instanceof PickleDict ? `a dict with the keys ${show([...value.entries.keys()])}` : kindOf(value);
  const wanted = WRAPPERS.map((key) => `"${key}"`).join(', ');
  return fail(`it holds no state dict: expected a dict of tensors, itself or under ${wanted}, got ${found}`);
}
