import { describe, expect, it } from 'vitest';
import type { MetricsRecord } from './records.js';
import { curvesFrom, epochRecord, stepRecord } from './records.js';
import { type ReportData, renderReport } from './report.js';

/** A run of some epochs of ten steps. */
function curves(epochs: number, factor = 1) {
  const records: MetricsRecord[] = [];
  const weights = { class: 1, box: 0.001 };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses = { class: (3 * factor) / epoch, box: 9000 / epoch };
    for (let at = 1; at <= 10; at++) {
      const step = (epoch - 1) * 10 + at;
      records.push({ kind: 'step', ...stepRecord({ epoch, step, learningRate: 0.1, losses, weights }) });
    }
    const metrics = { accuracy: 1 - 0.5 / epoch };
    const values = { epoch, step: epoch * 10, learningRate: 0.1, weights, metrics };
    records.push({ kind: 'epoch', ...epochRecord({ ...values, trainLosses: losses, valLosses: losses }) });
  }
  return curvesFrom(records);
}

const picture = { dataUrl: 'data:image/png;base64,iVBORw0KGgo=', caption: 'circle, IoU 0.71' };
const data: ReportData = {
  title: 'A run',
  runs: [{ name: 'running-max', curves: curves(4) }],
  config: { backbone: 'resnet18', priority: { class: 1, box: 2 }, sizes: [64, 64], freeze: null },
};
const charts = (html: string) => [...html.matchAll(/<title>([^<]*)<\/title><desc>/g)].map((found) => found[1]);

describe('renderReport', () => {
  it('shows the charts of one run, its results and its config', () => {
    const html = renderReport(data);
    expect(charts(html)).toEqual([
      'Loss: class',
      'Loss: box',
      'Weights',
      'Shares of the total',
      'Learning rate',
      'accuracy',
    ]);
    expect(html).toContain('<td>accuracy</td><td class="number">0.8750</td>');
    expect(html).toContain('<td>box loss, validation</td><td class="number">2250</td>');
    expect(html).toContain('<td>priority.box</td>');
    expect(html).toContain('<td>[64,64]</td>');
    expect(html).not.toContain('<h2>Samples</h2>');
    expect(html).not.toContain('<h2>Environment</h2>');
  });

  it('lays several runs over each other, losses and metrics in shared charts', () => {
    const runs = ['sum', 'running-max'].map((name, at) => ({ name, curves: curves(4, at + 1) }));
    const html = renderReport({ ...data, runs });
    expect(charts(html)).toEqual([
      'Loss: class',
      'Loss: box',
      'Weights: sum',
      'Shares of the total: sum',
      'Weights: running-max',
      'Shares of the total: running-max',
      'Learning rate',
      'accuracy',
    ]);
    expect(html).toContain('<th class="number">sum</th><th class="number">running-max</th>');
    expect(html).toContain('sum, validation: from 3 at epoch 1');
  });

  it('shares and weights are the means of the epochs, with the steps behind', () => {
    // class 3 x 1 against box 9000 x 0.001: a quarter and three quarters, in every epoch.
    expect(renderReport(data)).toContain(
      '<desc>class: from 0.2500 at epoch 1 to 0.2500 at epoch 4. box: from 0.7500 at epoch 1 to 0.7500 at epoch 4.</desc>',
    );
  });

  it('shows the steps of a run that has not finished an epoch, and nothing of one without any record', () => {
    const steps = [1, 2, 3].map((step) => ({
      kind: 'step',
      ...stepRecord({ epoch: 1, step, learningRate: 0.1, losses: { class: step }, weights: { class: 1 } }),
    }));
    const html = renderReport({ ...data, runs: [{ name: 'a', curves: curvesFrom(steps) }] });
    expect(html).toContain('training steps: from 1 at epoch');
    const empty = renderReport({ ...data, runs: [{ name: 'a', curves: curvesFrom([]) }] });
    expect(empty).not.toContain('<h2>Losses</h2>');
    expect(empty).not.toContain('<h2>Weights and shares</h2>');
  });

  it('shows samples, sections of other packages, and the environment', () => {
    const html = renderReport({
      ...data,
      samples: [picture],
      sections: [
        {
          title: 'Hardest',
          text: 'Lowest first.',
          table: {
            columns: ['file', 'IoU'],
            rows: [
              ['a.jpg', 0.12345],
              ['b.jpg', null],
            ],
          },
        },
        { title: 'Only words', text: 'Nothing to add.' },
        { title: 'Only pictures', pictures: [picture] },
      ],
      environment: { node: 'v20.0.0', versions: { counterpoise: '0.1.0' } },
    });
    expect(html.split(picture.dataUrl).length - 1).toBe(2);
    expect(html).toContain('alt="circle, IoU 0.71"');
    expect(html).toContain('<td>a.jpg</td><td class="number">0.1235</td>');
    expect(html).toContain('<td>b.jpg</td><td class="number">–</td>');
    for (const title of ['Hardest', 'Only words', 'Only pictures', 'Environment'])
      expect(html).toContain(`<h2>${title}</h2>`);
    expect(html).toContain('<td>versions.counterpoise</td>');
  });

  it('shades a matrix by the shares of its rows, right and wrong apart', () => {
    const matrix = {
      names: ['a', 'b'],
      rowTitle: 'true',
      columnTitle: 'predicted',
      counts: [
        [3, 1],
        [0, 0],
      ],
    };
    const html = renderReport({ ...data, sections: [{ title: 'Confusion', matrix }] });
    expect(html).toContain(
      '<td class="right" style="--share:0.750">3</td><td class="wrong" style="--share:0.250">1</td>',
    );
    expect(html).toContain('<td>0</td><td>0</td>');
    expect(html).toContain('<th colspan="2" scope="colgroup">predicted</th>');
    for (const counts of [[[1, 2]], [[1, 2], [1]]]) {
      expect(() =>
        renderReport({ ...data, sections: [{ title: 'Confusion', matrix: { ...matrix, counts } }] }),
      ).toThrow('"counts" must be 2 x 2, as many as names');
    }
  });

  it('without a run consists of its sections', () => {
    const bars = { title: 'Overlap', xLabel: 'IoU', range: [0, 1] as const, bins: 2, values: [0.1, 0.9] };
    const html = renderReport({
      title: 'An evaluation',
      runs: [],
      config: {},
      sections: [{ title: 'Boxes', histogram: bars }],
    });
    expect(charts(html)).toEqual(['Overlap']);
    expect([...html.matchAll(/<h2>([^<]*)/g)].map((found) => found[1])).toEqual(['Boxes']);
  });

  it('is one file: no script, no link, nothing from elsewhere', () => {
    const html = renderReport({ ...data, samples: [picture] });
    expect(html).not.toMatch(/<script|<link|<iframe|@import|url\(|src="(?!data:)|href=/);
    expect(html.match(/https?:\/\/[^"]*/g)?.every((link) => link === 'http://www.w3.org/2000/svg')).toBe(true);
    expect(html).toContain("default-src 'none'");
  });

  it('escapes every text', () => {
    const evil = '"><script>alert(1)</script>';
    const html = renderReport({
      title: evil,
      summary: evil,
      runs: [{ name: evil, curves: { ...curves(1), metrics: { [evil]: { x: [1], y: [1] } } } }],
      samples: [{ ...picture, caption: evil }],
      sections: [
        {
          title: evil,
          text: evil,
          table: { columns: [evil], rows: [[evil]] },
          matrix: { names: [evil], rowTitle: evil, columnTitle: evil, counts: [[1]] },
          heatMaps: [{ title: evil, names: [evil], cosines: [[1]] }],
          histogram: { title: evil, xLabel: evil, range: [0, 1], bins: 1, values: [1], mark: { at: 0, label: evil } },
        },
      ],
      config: { [evil]: evil, nested: { [evil]: [evil] } },
      environment: { [evil]: evil },
    });
    expect(html).not.toContain('<script');
  });

  it('gives the same text for the same data', () => {
    expect(renderReport(data)).toBe(renderReport(data));
  });

  it('refuses pictures from elsewhere and rows that do not fit', () => {
    for (const dataUrl of [
      'https://example.org/x.png',
      'data:text/html;base64,AAAA',
      'data:image/png;base64,"onerror=',
    ]) {
      expect(() => renderReport({ ...data, samples: [{ dataUrl, caption: '' }] })).toThrow(
        '"dataUrl" must be data:image/...;base64,...',
      );
    }
    const table = { columns: ['a', 'b'], rows: [['x', 1], ['y']] };
    expect(() => renderReport({ ...data, sections: [{ title: 't', table }] })).toThrow(
      'row 1 must have 2 cells (a, b), got 1',
    );
  });
});
