import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochColumns, epochRecord, MetricsLog, stepRecord } from '@counterpoise/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeEvaluationReport, writeRunReport } from './run-report.js';
import { shiftedEvaluation } from './testing/evaluations.js';
import { type TestRun, testRun } from './testing/training-run.js';
import { METRICS } from './train.js';

let made: TestRun;
beforeAll(async () => {
  made = await testRun({ epochs: 3 });
});
afterAll(() => made.remove());

const evil = '"><img src=x onerror=alert(1)>\u202egnp.exe';
const { dataset, evaluation } = shiftedEvaluation(8);
/** Every text that comes from the data is hostile. */
const hostile = {
  ...dataset,
  classes: dataset.classes.map((name) => name + evil),
  items: dataset.items.map((item) => ({ ...item, id: item.id + evil, className: item.className + evil })),
};

function writeMetrics(): void {
  const log = new MetricsLog(made.run.path, { columns: epochColumns(['class', 'box'], METRICS) });
  const losses = { class: 1, box: 900 };
  for (const [at, accuracy] of [0.5, 0.9, 0.7].entries()) {
    const shared = { epoch: at + 1, step: at + 1, learningRate: 0.001, weights: { class: 1, box: 0.001 } };
    log.step(stepRecord({ ...shared, losses }));
    const metrics = { accuracy, meanIou: 0.5, boxAccuracy: 0.5, localizationAccuracy: 0.25 };
    log.epoch(epochRecord({ ...shared, trainLosses: losses, valLosses: losses, metrics }));
  }
  log.close();
}

test('the report of a run: best epoch, curves, classes, confusions, overlaps and pictures', async () => {
  writeMetrics();
  await writeRunReport(made.run, dataset, evaluation);
  const html = readFileSync(made.run.report, 'utf8');
  expect(html).toContain('Best epoch 2 of 3: accuracy 90.0 %, mean IoU 0.500, localization accuracy 25.0 %. Classes');
  const titles = [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, title]) => title);
  expect(titles).toEqual([
    'Results',
    'Losses',
    'Weights and shares',
    'Learning rate',
    'Metrics',
    'Samples',
    'Classes',
    'Confusion matrix',
    'Overlap',
    'Smallest overlaps',
    'Wrong class, surest first',
    'Largest overlaps',
    'Configuration',
    'Environment',
  ]);
  expect(readdirSync(made.run.samples)).toHaveLength(8);
});

test('hostile names are shown as text', async () => {
  await writeRunReport(made.run, hostile, evaluation);
  const html = readFileSync(made.run.report, 'utf8');
  expect(html).toContain('circle&#34;&#62;&#60;img src=x');
  expect(html).not.toContain('<img src=x');
  // An override of the direction would turn the rest of the line round.
  expect(html).not.toContain('\u202e');
});

test('the report of an evaluation has the same sections, without curves', async () => {
  const { run } = made;
  const path = join(run.path, 'evaluation.html');
  await writeEvaluationReport(path, { run, dataset: hostile, evaluation });
  const html = readFileSync(path, 'utf8');
  expect(html).toContain('<h1>Evaluation of run</h1>');
  expect(html).toContain('<td>accuracy</td><td class="number">0.8750</td>');
  expect(html).not.toContain('<img src=x');
  for (const title of ['Results', 'Classes', 'Confusion matrix', 'Overlap', 'Samples', 'Configuration']) {
    expect(html).toContain(`<h2>${title}</h2>`);
  }
  expect(html).not.toContain('<h2>Losses</h2>');
});
