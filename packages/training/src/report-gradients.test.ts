import { describe, expect, it } from 'vitest';
import { curvesFrom, type MetricsRecord, stepRecord } from './records.js';
import { type ReportData, renderReport } from './report.js';

const data: ReportData = { title: 'A run', runs: [], config: {} };
const charts = (html: string) => [...html.matchAll(/<title>([^<]*)<\/title><desc>/g)].map((found) => found[1]);

describe('the gradients of a report', () => {
  it('are shown where they were measured: charts, and cosines of the run and of its last epoch', () => {
    const names = ['class', 'box', 'aux'];
    const records = Array.from({ length: 30 }, (_, at): MetricsRecord => {
      const gradients = {
        gradientNorms: { class: 1, box: 1000 },
        cosines: { 'class:box': at < 20 ? 0.5 : -0.25, 'class:aux': -0.001 },
      };
      const one = Object.fromEntries(names.map((name) => [name, 1]));
      const values = { epoch: Math.ceil((at + 1) / 10), step: at + 1, learningRate: 0.1, losses: one, weights: one };
      // Every third step: neither the last one of a run nor of an epoch need be among them.
      return { kind: 'step', ...stepRecord({ ...values, ...(at % 3 === 1 && gradients) }) };
    });
    const epochs = [1, 2, 3].map((epoch) => ({ kind: 'epoch', epoch, step: 10 * epoch, 'train/loss/class': 1 }));
    const html = renderReport({ ...data, runs: [{ name: 'a', curves: curvesFrom([...records, ...epochs]) }] });
    expect(html).toContain('<h2>Gradients</h2>');
    expect(charts(html).slice(5, 7)).toEqual(['Gradient norms', 'Gradient cosines']);
    expect(html).toContain(
      '<desc>class: from 1 at epoch 1 to 1 at epoch 3. box: from 1000 at epoch 1 to 1000 at epoch 3.',
    );
    const [ofRun = '', ofEpoch = ''] = html.match(/<table class="matrix"><caption>.*<\/table>/g) ?? [];
    expect(ofRun).toContain('<caption>Mean cosines of the run</caption>');
    expect(ofEpoch).toContain('<caption>Mean cosines of epoch 3</caption>');
    // 7 of 10 measured steps are in the first two epochs.
    expect(ofRun).toContain(
      '</th><td>1</td><td class="agree" style="--share:0.275">0.28</td><td class="conflict" style="--share:0.001">0.00</td></tr>',
    );
    expect(ofEpoch).toContain(
      '<td class="conflict" style="--share:0.250">−0.25</td><td>1</td><td class="none" style="--share:0.000">–</td></tr>',
    );
    const unmeasured = curvesFrom(records.filter((_, at) => at % 3 !== 1));
    expect(renderReport({ ...data, runs: [{ name: 'a', curves: unmeasured }] })).not.toContain('<h2>Gradients</h2>');
  });

  it('have a chart per loss for cosines where there are more pairs than colours', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const cosines = names.flatMap((a, i) => names.slice(i + 1).map((b, j) => [`cosine/${a}:${b}`, i / 10 + j / 100]));
    const losses = names.map((name) => [`train/loss/${name}`, 1]);
    const records = [1, 2].map((step) => ({ kind: 'step', step, ...Object.fromEntries([...losses, ...cosines]) }));
    const html = renderReport({ ...data, runs: [{ name: 'x', curves: curvesFrom(records) }] });
    const titles = charts(html).filter((title) => title?.startsWith('Gradient'));
    expect(titles).toEqual(names.map((name) => `Gradient cosines: ${name}`));
    const [, ofB = ''] = html.match(/<title>Gradient cosines: b<\/title><desc>([^<]*)/) ?? [];
    expect(ofB.match(/\w: from [\d.]+/g)).toEqual(['a: from 0', 'c: from 0.1000', 'd: from 0.1100', 'e: from 0.1200']);
  });

  it('have one heat map per run of an only epoch, with its name', () => {
    const record = { kind: 'step', step: 1, 'train/loss/a': 1, 'train/loss/b': 1, 'cosine/a:b': 0.5 };
    const runs = ['sum', 'mgda'].map((name) => ({ name, curves: curvesFrom([record]) }));
    const captions = [...renderReport({ ...data, runs }).matchAll(/<caption>([^<]*)/g)].map((found) => found[1]);
    expect(captions).toEqual(['Mean cosines of the run: sum', 'Mean cosines of the run: mgda']);
  });

  it('may stand in a section as heat maps, which must be square', () => {
    const map = {
      title: 'Cosines',
      names: ['a', 'b'],
      cosines: [
        [1, -0.5],
        [-0.5, 1],
      ],
    };
    const render = (cosines: number[][]) =>
      renderReport({ ...data, sections: [{ title: 'Diagnosis', heatMaps: [{ ...map, cosines }] }] });
    expect(render(map.cosines).split('>−0.50</td>').length - 1).toBe(2);
    for (const cosines of [[[1, 2]], [[1, 2], [1]]]) {
      expect(() => render(cosines)).toThrow('"cosines" must be 2 x 2, as many as names');
    }
  });
});
