import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resnet18, resnet34, resnet50, resnet101 } from './resnet.js';
import { checkOrigin, resnetName } from './resnet-origin.js';

const folder = mkdtempSync(join(tmpdir(), 'origin-'));
const path = join(folder, 'model.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

function withConfig<T>(content: string, use: () => T): T {
  const config = join(folder, 'config.json');
  writeFileSync(config, content);
  try {
    return use();
  } finally {
    rmSync(config);
  }
}

describe('resnetName', () => {
  it('knows our networks, with classifier and without', () => {
    for (const [name, make] of Object.entries({ resnet18, resnet34, resnet50, resnet101 })) {
      expect(resnetName(make({ numClasses: 0 }).stateDict().keys())).toBe(name);
      expect(resnetName(make().stateDict().keys())).toBe(name);
    }
  });

  it('describes others', () => {
    const keys = [1, 2, 3, 4].map((stage) => `layer${stage}.0.conv1.weight`);
    expect(resnetName(keys)).toBe('a residual network of 1, 1, 1, 1 basic blocks');
    expect(resnetName([...keys, 'layer2.5.conv3.weight'])).toBe('a residual network of 1, 6, 1, 1 bottleneck blocks');
    expect(resnetName(['layer1.0.conv1.weight', 'layer5.0.conv1.weight'])).toBeUndefined();
  });
});

describe('checkOrigin', () => {
  it('without a word from anybody, warns of version 1 where it is another network', () => {
    expect(checkOrigin('resnet50', path, {})).toEqual([expect.stringMatching(/^weights of resnet50 version 1 .* fit/)]);
    expect(checkOrigin('resnet34', path, { format: 'pt' })).toEqual([]);
  });

  it.each(['resnet50', 'tv_resnet50', 'gluon_resnet50_v1b'])("%s is timm's word for version 1.5", (architecture) => {
    expect(checkOrigin('resnet50', path, { architecture })).toEqual([]);
    const config = JSON.stringify({ architecture, num_classes: 1000 });
    expect(withConfig(config, () => checkOrigin('resnet50', path, {}))).toEqual([]);
  });

  it.each(['resnet50_v1', 'resnet50v1', 'resnet50_caffe'])('%s is refused', (architecture) => {
    expect(() => checkOrigin('resnet50', path, { architecture })).toThrow(
      `weights file "${path}": its metadata says "${architecture}": version 1 of the network`,
    );
    const config = JSON.stringify({ architecture });
    const check = () => withConfig(config, () => checkOrigin('resnet50', path, {}));
    expect(check).toThrow(`the config.json beside it says "${architecture}"`);
    // Basic blocks have one 3x3 convolution to stride in.
    expect(checkOrigin('resnet18', path, { architecture: 'resnet18_v1' })).toHaveLength(1);
  });

  it("knows transformers' word for version 1", () => {
    const check = () => withConfig('{"downsample_in_bottleneck": true}', () => checkOrigin('resnet50', path, {}));
    expect(check).toThrow('version 1 of the network');
  });

  it('tells of another network with the same keys', () => {
    expect(checkOrigin('resnet50', path, { architecture: 'resnetblur50' })).toEqual([
      'its metadata says that the weights are of "resnetblur50", they are used for resnet50',
    ]);
  });

  it.each(['{', 'null', '[]', '{"architecture": 5}', `"${'x'.repeat(2 ** 20)}"`])(
    'a config of %.20s says nothing',
    (text) => {
      expect(withConfig(text, () => checkOrigin('resnet18', path, {}))).toEqual([]);
    },
  );
});
