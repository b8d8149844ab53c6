import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GoldenNetwork } from './testing/golden-network.test.helper.js';
import { VARIANTS } from './testing/resnet-goldens.test.helper.js';

describe.each(['resnet18', 'resnet50'] as const)('%s', (name) => {
  let network: GoldenNetwork | undefined;
  const opened = () => (network ??= new GoldenNetwork(name));
  it.each(VARIANTS)(
    '%s',
    async (variant) => {
      const t0 = performance.now();
      const n = opened();
      const t1 = performance.now();
      const one = await n.oneStep(variant);
      const t2 = performance.now();
      const sgd = await n.tenSteps(variant, 'sgd');
      const t3 = performance.now();
      const adam = await n.tenSteps(variant, 'adam');
      const t4 = performance.now();
      console.log(name, variant, t1 - t0, t2 - t1, t3 - t2, t4 - t3);
      writeFileSync(`/tmp/golden-${name}-${variant}.json`, JSON.stringify({ one, sgd, adam }));
      expect(one.length).toBeGreaterThan(1);
    },
    300000,
  );
});
