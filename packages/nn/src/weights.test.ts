import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialise } from './init.js';
import type { Module } from './module.js';
import { Random } from './random.js';
import { type ResNet, resnet18, resnet34, resnet50 } from './resnet.js';
import { encodeSafetensors, type HostTensor } from './safetensors.js';
import { loadResnetWeights } from './weights.js';

const source = initialise(resnet18({ numClasses: 5 }), new Random(1));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weights-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A file as torchvision would save it, with batch counters, and with the given changes. */
function fileWith(
  change: (tensors: Map<string, HostTensor>) => Map<string, HostTensor> = (tensors) => tensors,
): string {
  const tensors = new Map<string, HostTensor>(source.stateDict());
  for (const key of source.stateDict().keys()) {
    if (!key.endsWith('running_var')) continue;
    const counter = key.replace('running_var', 'num_batches_tracked');
    tensors.set(counter, { dtype: 'I64', shape: [], data: BigInt64Array.of(100n) });
  }
  const path = join(folder, 'resnet18.safetensors');
  writeFileSync(path, encodeSafetensors(change(tensors)));
  return path;
}

/** vitest takes a minute to compare eleven million numbers one by one. */
function checksum(model: Module): string {
  const hash = createHash('sha256');
  for (const [key, { data }] of model.stateDict()) hash.update(key).update(data);
  return hash.digest('hex');
}

describe('loadResnetWeights', () => {
  it('loads a whole model', () => {
    const model = resnet18({ numClasses: 5 });
    expect(loadResnetWeights(model, fileWith())).toEqual([]);
    expect(checksum(model)).toBe(checksum(source));
  });

  it('leaves the classifier of the file out for a model that has none', () => {
    const model = resnet18({ numClasses: 0 });
    expect(loadResnetWeights(model, fileWith())).toEqual(['left out its own classifier: "fc.weight", "fc.bias"']);
    expect(checksum(model.layer4)).toBe(checksum(source.layer4));
    expect(checksum(model.conv1)).toBe(checksum(source.conv1));
  });

  it('converts float64', () => {
    const model = resnet18({ numClasses: 0 });
    const path = fileWith((tensors) => {
      return tensors.set('bn1.bias', { dtype: 'F64', shape: [64], data: new Float64Array(64).fill(0.1) });
    });
    loadResnetWeights(model, path);
    expect([...model.bn1.bias.data]).toEqual(new Array(64).fill(Math.fround(0.1)));
  });

  it('names file, key and both shapes of what does not fit, and leaves the model unchanged', () => {
    const model = resnet18({ numClasses: 10 });
    const path = fileWith((tensors) => {
      tensors.delete('conv1.weight');
      return tensors;
    });
    expect(() => loadResnetWeights(model, path)).toThrow(
      [
        `weights file "${path}": the state dict does not fit in 3 places:`,
        '  "fc.weight" must have shape [10, 512], got [5, 512]',
        '  "fc.bias" must have shape [10], got [5]',
        '  missing "conv1.weight" [64, 3, 7, 7]',
      ].join('\n'),
    );
    expect(model.layer1.parameters()[0]!.data.every(Number.isNaN)).toBe(true);
  });

  it('refuses whole numbers as weights, and a file that is not there', () => {
    const path = fileWith((tensors) => {
      return tensors.set('bn1.bias', { dtype: 'I32', shape: [64], data: new Int32Array(64) });
    });
    expect(() => loadResnetWeights(resnet18({ numClasses: 0 }), path)).toThrow(
      `weights file "${path}": "bn1.bias" must hold floating-point numbers, got I32`,
    );
    expect(() => loadResnetWeights(resnet18(), join(folder, 'none.safetensors'))).toThrow('none.safetensors');
  });

  it('finds the network behind a prefix, beside other tensors', () => {
    const model = resnet18({ numClasses: 5 });
    const path = fileWith((tensors) => {
      const wrapped = new Map([...tensors].map(([key, tensor]) => [`module.backbone.${key}`, tensor]));
      return wrapped.set('module.head.weight', { dtype: 'F32', shape: [1], data: Float32Array.of(1) });
    });
    expect(loadResnetWeights(model, path)).toEqual([
      'took the tensors "module.backbone.*"',
      'left out "module.head.weight"',
    ]);
    expect(checksum(model)).toBe(checksum(source));
  });

  it('refuses to choose between two networks', () => {
    const path = fileWith((tensors) => {
      return new Map(['query.', 'key.'].flatMap((side) => [...tensors].map(([key, tensor]) => [side + key, tensor])));
    });
    expect(() => loadResnetWeights(resnet18(), path)).toThrow(
      `weights file "${path}": it holds 2 residual networks, under "query.", "key.": keep one of them`,
    );
  });

  it('names the network of a file of another depth', () => {
    const path = fileWith();
    const problem = (model: ResNet) => () => loadResnetWeights(model, path);
    expect(problem(resnet34())).toThrow(`"${path}": it holds the weights of resnet18, the model is resnet34`);
    expect(problem(resnet50())).toThrow('it holds the weights of resnet18, the model is resnet50');
  });

  it('reads a checkpoint of torch.save', () => {
    const model = initialise(resnet18(), new Random(0));
    const before = checksum(model);
    const path = fileURLToPath(new URL('../goldens/pth/checkpoint.pth', import.meta.url));
    expect(() => loadResnetWeights(model, path)).toThrow(/places:\n.*missing "conv1.weight" \[64, 3, 7, 7\]\n/);
    expect(checksum(model)).toBe(before);
    const legacy = fileURLToPath(new URL('../goldens/pth/refused-legacy.pth', import.meta.url));
    expect(() => loadResnetWeights(model, legacy)).toThrow('the form of PyTorch before 1.6 is not read');
  });
});
