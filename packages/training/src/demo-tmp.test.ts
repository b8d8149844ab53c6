import { writeFileSync } from 'node:fs';
import { Random } from '@counterpoise/nn';
import { it } from 'vitest';
import { curvesFrom, epochRecord, stepRecord } from './records.js';
import { renderReport } from './report.js';

function fake(seed: string, k: number) {
  const r = new Random(seed);
  const recs = [];
  let step = 0;
  for (let e = 1; e <= 20; e++) {
    for (let s = 0; s < 40; s++) {
      step++;
      const t = step / 800;
      const losses = {
        class: 2.3 * Math.exp(-k * t) * (1 + 0.2 * r.normal() ** 2),
        box: 12000 * Math.exp(-3 * t) * (1 + 0.2 * r.normal() ** 2),
      };
      const weights =
        seed === 'sum' ? { class: 1, box: 1 } : { class: 1 / 2.9, box: 1 / (18000 + 200 * Math.sqrt(step)) };
      recs.push({ kind: 'step', ...stepRecord({ epoch: e, step, learningRate: 0.1, losses, weights }) });
    }
    const t = step / 800;
    recs.push({
      kind: 'epoch',
      ...epochRecord({
        epoch: e,
        step,
        learningRate: 0.1,
        trainLosses: { class: 2.3 * Math.exp(-k * t), box: 12000 * Math.exp(-3 * t) },
        valLosses: { class: 2.6 * Math.exp(-k * t * 0.9), box: 13000 * Math.exp(-2.7 * t) },
        weights: { class: 1, box: 1 },
        metrics: {
          accuracy: 1 - 0.9 * Math.exp(-k * t),
          'mean IoU': 0.7 - 0.5 * Math.exp(-3 * t),
          'localization accuracy': 0.9 - 0.8 * Math.exp(-2 * t),
        },
      }),
    });
  }
  return curvesFrom(recs);
}
it('x', () => {
  const svg = (c: string) =>
    `data:image/svg+xml;base64,${Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${c}"/><rect x="10" y="14" width="30" height="30" fill="none" stroke="#fff" stroke-width="2"/></svg>`).toString('base64')}`;
  const samples = ['#356', '#653', '#363', '#636', '#777', '#245'].map((c, i) => ({
    dataUrl: svg(c),
    caption: `circle, said circle 0.9${i}, IoU 0.7${i}`,
  }));
  const config = {
    backbone: 'resnet18',
    imageSize: 64,
    balance: 'running-max',
    priority: { class: 1, box: 2 },
    optimizer: 'sgd',
    lr: 0.01,
    epochs: 20,
    seed: 7,
    freeze: false,
    warmUp: null,
  };
  const environment = {
    node: process.version,
    cpu: 'AMD EPYC',
    versions: { counterpoise: '0.1.0', 'onnxruntime-node': '1.30.0' },
  };
  const one = { name: 'running-max', curves: fake('running-max', 4) };
  writeFileSync(
    '/tmp/one.html',
    renderReport({
      title: 'ResNet-18 on generated shapes',
      summary: 'Class and box, balanced by the running maximum.',
      runs: [one],
      samples,
      config,
      environment,
      sections: [
        {
          title: 'Hardest pictures',
          text: 'Lowest IoU first.',
          table: {
            columns: ['file', 'IoU', 'class'],
            rows: [
              ['a.jpg', 0.123456, 'circle'],
              ['b.jpg', null, 'star'],
            ],
          },
          pictures: samples.slice(0, 2),
        },
      ],
    }),
  );
  writeFileSync(
    '/tmp/two.html',
    renderReport({
      title: 'Sum against running maximum',
      runs: [{ name: 'sum', curves: fake('sum', 0.1) }, one],
      samples,
      config,
    }),
  );
});
