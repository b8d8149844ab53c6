/** What network a weights file was made for, as far as the file and its neighbour tell. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { show } from './safetensors-header.js';

const NAMES: Readonly<Record<string, string>> = {
  'basic 2,2,2,2': 'resnet18',
  'basic 3,4,6,3': 'resnet34',
  'bottleneck 3,4,6,3': 'resnet50',
  'bottleneck 3,4,23,3': 'resnet101',
  'bottleneck 3,8,36,3': 'resnet152',
};

/** The usual name of the residual network that has these state-dict keys; undefined if they are of none. */
export function resnetName(keys: Iterable<string>): string | undefined {
  const blocks = [0, 0, 0, 0];
  let kind = 'basic';
  for (const key of keys) {
    const [, stage, block] = /^layer([1-4])\.(\d{1,4})\.conv\d\.weight$/.exec(key) ?? [];
    if (stage === undefined) continue;
    blocks[Number(stage) - 1] = Math.max(blocks[Number(stage) - 1]!, Number(block) + 1);
    if (key.includes('conv3')) kind = 'bottleneck';
  }
  if (blocks.includes(0)) return undefined;
  return NAMES[`${kind} ${blocks.join()}`] ?? `a residual network of ${blocks.join(', ')} ${kind} blocks`;
}

/** Nobody's description of a model is larger. */
const MAX_CONFIG_BYTES = 2 ** 20;

interface Description {
  /** For messages. */
  readonly place: string;
  readonly architecture: string;
  /** Version 1 of the residual network: the stride sits in the first 1x1 convolution of a block. */
  readonly isVersion1: boolean;
}

/**
 * What must be known before weights are used. Version 1 has the keys and shapes of version 1.5 and loads into it without a
 * murmur, but works worse, and nothing in the numbers tells them apart: only the words of whoever made the file do.
 *
 * @param name of the model, such as "resnet50".
 * @param metadata of the weights file. Beside it may lie the config.json of timm or transformers.
 * @returns notices, one line each.
 * @throws Error if the description says version 1; in networks of basic blocks both versions are the same.
 */
export function checkOrigin(name: string, path: string, metadata: Readonly<Record<string, string>>): string[] {
  const described = fromMetadata(metadata) ?? fromConfig(join(dirname(path), 'config.json'));
  const hasVersions = name !== 'resnet18' && name !== 'resnet34';
  if (described) {
    const { place, architecture, isVersion1 } = described;
    if (isVersion1 && hasVersions) {
      throw new Error(
        `weights file ${JSON.stringify(path)}: ${place} says ${show(architecture)}: version 1 of the network, with the stride in the first 1x1 convolution of a block; ${name} here is version 1.5, take weights of torchvision or timm`,
      );
    }
    // timm's former names have the origin before it, and "v1b" is its word for version 1.5.
    if (new RegExp(`^(\\w+_)?${name}(_v1b)?$`).test(architecture)) return [];
    return [`${place} says that the weights are of ${show(architecture)}, they are used for ${name}`];
  }
  if (!hasVersions) return [];
  return [
    `weights of ${name} version 1 (Caffe, Keras, MXNet, ONNX model zoo) fit, but work worse: be sure that these are of version 1.5 (torchvision, timm)`,
  ];
}

function fromMetadata(metadata: Readonly<Record<string, string>>): Description | undefined {
  const { architecture } = metadata;
  if (architecture === undefined) return undefined;
  return { place: 'its metadata', architecture, isVersion1: isVersion1(architecture) };
}

function fromConfig(path: string): Description | undefined {
  let config: { architecture?: unknown; downsample_in_bottleneck?: unknown } | null;
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_CONFIG_BYTES) return undefined;
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // None there, or something else's.
    return undefined;
  }
  const place = 'the config.json beside it';
  // The word of the transformers library for version 1.
  if (config?.downsample_in_bottleneck === true) {
    return { place, architecture: 'downsample_in_bottleneck', isVersion1: true };
  }
  const architecture = config?.architecture;
  if (typeof architecture !== 'string') return undefined;
  return { place, architecture, isVersion1: isVersion1(architecture) };
}

/** Gluon's resnet50_v1, and conversions of the first, in Caffe; but neither timm's _v1b nor _v1.5. */
function isVersion1(architecture: string): boolean {
  return /resnet\d+_?v1(?![\w.])|caffe|msra/i.test(architecture);
}
