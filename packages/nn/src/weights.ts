import type { ResNet } from './resnet.js';
import { checkOrigin, resnetName } from './resnet-origin.js';
import type { HostTensor } from './safetensors.js';
import { show } from './safetensors-header.js';
import { isBatchCounter, StateDictError, type StateTensor } from './state-dict.js';
import { readWeightsFile, some } from './weights-file.js';

/**
 * Loads the ResNet weights of a safetensors file or of a file of `torch.save` (.pth, .pt, .ckpt; see `readPth`) with the
 * keys of torchvision and timm, also where they lie under "state_dict" or "model", or behind a prefix such as "module.".
 * For a model without classifier (`numClasses: 0`) the file's `fc.*` is left out; otherwise it must have as many classes as
 * the model.
 *
 * @param path a local file; nothing is ever downloaded.
 * @returns notices, one line each: what was left out, and whether the file may be of version 1, see `ResNet`.
 * @throws Error if the file cannot be read, or says that it is of version 1; StateDictError (file, keys, both shapes) if it
 * does not fit. The model is then unchanged.
 */
export function loadResnetWeights(model: ResNet, path: string): string[] {
  const file = readWeightsFile(path);
  const notices = [...file.notices];
  const fail = (problem: string): never => {
    throw new StateDictError(`weights file ${JSON.stringify(path)}: ${problem}`);
  };
  const wanted = model.stateDict();
  const prefix = prefixOf(file.tensors, fail);
  const outside: string[] = [];
  const classifier: string[] = [];
  const tensors = new Map<string, StateTensor>();
  for (const [name, tensor] of file.tensors) {
    const key = name.slice(prefix.length);
    if (!name.startsWith(prefix)) outside.push(name);
    else if (!model.fc && key.startsWith('fc.')) classifier.push(key);
    else if (!isBatchCounter(key)) {
      // Of what the model does not have only the key and the shape will be told.
      const data = wanted.has(key) ? float32(name, tensor, fail) : new Float32Array();
      tensors.set(key, { shape: tensor.shape, data });
    }
  }
  if (prefix !== '') notices.push(`took the tensors ${show(`${prefix}*`)}`);
  if (outside.length > 0) notices.push(`left out ${some(outside)}`);
  if (classifier.length > 0) notices.push(`left out its own classifier: ${some(classifier)}`);

  const name = resnetName(wanted.keys());
  const found = resnetName(tensors.keys());
  if (found !== name && found !== undefined) fail(`it holds the weights of ${found}, the model is ${name}`);
  if (name !== undefined) notices.push(...checkOrigin(name, path, file.metadata));
  try {
    model.loadStateDict(tensors);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    fail(error.message);
  }
  return notices;
}

/** What stands before the keys, as wrappers of a network put it there: "module.", "backbone.", "model.backbone.". */
function prefixOf(tensors: ReadonlyMap<string, HostTensor>, fail: (problem: string) => never): string {
  const first = 'conv1.weight';
  const prefixes = [...tensors.keys()]
    .filter((key) => key.endsWith(first))
    .map((key) => key.slice(0, -first.length))
    // The blocks have a conv1 too.
    .filter((prefix) => tensors.has(`${prefix}layer1.0.${first}`));
  if (prefixes.length > 1) {
    fail(`it holds ${prefixes.length} residual networks, under ${some(prefixes)}: keep one of them`);
  }
  return prefixes[0] ?? '';
}

function float32(key: string, { dtype, data }: HostTensor, fail: (problem: string) => never): Float32Array {
  if (dtype === 'F32') return data as Float32Array;
  if (dtype === 'F64') return Float32Array.from(data as Float64Array);
  return fail(`${show(key)} must hold floating-point numbers, got ${dtype}`);
}
