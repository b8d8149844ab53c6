/** Weight files of PyTorch users, whichever of the two forms they have. */
import { withSource } from './byte-source.js';
import { isPickle, readPthSource } from './pth/state-dict.js';
import { isZip } from './pth/zip.js';
import { type HostTensor, readSource } from './safetensors.js';
import { show } from './safetensors-header.js';

export interface WeightsFile {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Of a safetensors file; of others empty. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was left out, one line each. */
  readonly notices: readonly string[];
}

/**
 * Reads a safetensors file, or a file of `torch.save` (.pth, .pt, .bin, .ckpt; see `readPth`): the first bytes tell which.
 * @throws Error with one line that names the file.
 */
export function readWeightsFile(path: string): WeightsFile {
  return withSource('weights', path, (source) => {
    const start = source.read(0, Math.min(8, source.size));
    // A header length of safetensors may have the first bytes of a pickle, but is far below 2^32.
    const isTorch = isZip(start) || (isPickle(start) && start.subarray(4).some((byte) => byte !== 0));
    if (!isTorch) return { ...readSource(source), notices: [] };
    const { tensors, path: keys, ignored } = readPthSource(source);
    const notices: string[] = [];
    if (keys.length > 0) notices.push(`took the tensors under ${keys.map(show).join(', ')}`);
    if (ignored.length > 0) notices.push(`left out ${some(ignored)}`);
    return { tensors, metadata: {}, notices };
  });
}

/** Some keys of perhaps very many. */
export function some(keys: readonly string[]): string {
  const shown = keys.slice(0, 5).map(show).join(', ');
  return keys.length > 5 ? `${shown} and ${keys.length - 5} more` : shown;
}
