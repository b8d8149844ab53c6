import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochColumns, epochRecord, MetricsLog, type RunFolder, stepRecord } from '@counterpoise/training';
import { afterEach, expect, test } from 'vitest';
import { PLAIN_CORNERS } from './box-head.js';
import { Checkpoints } from './checkpoints.js';
import type { LocalizerConfig } from './config.js';
import { type Evaluation, Evaluator } from './evaluator.js';
import { createLearner } from './learner.js';
import { METRICS } from './metrics.js';
import { RunReporter } from './run-reporter.js';
import { shiftedEvaluation } from './testing/evaluations.js';
import { type TestRun, testRun } from './testing/training-run.js';
import { checkRunConfig } from './trained.js';
import { openTrainingData } from './training-data.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(config: Partial<LocalizerConfig> = {}): Promise<RunFolder> {
  const made = await testRun(config);
  runs.push(made);
  return made.run;
}

const report = (run: RunFolder) => readFileSync(run.report, 'utf8');
const samples = (run: RunFolder) => readdirSync(run.samples).map((name) => readFileSync(join(run.samples, name)));

/** Three epochs whose predictions differ, the second of them the best. */
const { dataset, evaluation } = shiftedEvaluation(8);
const EPOCHS = [0.5, 0.9, 0.7].map((accuracy, at): Evaluation => {
  const predictions = evaluation.predictions.map((prediction) => ({ ...prediction, score: 0.1 + at / 10 }));
  return { predictions, metrics: { ...evaluation.metrics, accuracy }, losses: { class: 1 + at, box: 900 + at } };
});

function writeMetrics(run: RunFolder, epochs: readonly Evaluation[]): void {
  const log = new MetricsLog(run.path, { columns: epochColumns(['class', 'box'], METRICS) });
  for (const [at, { metrics, losses }] of epochs.entries()) {
    const shared = { epoch: at + 1, step: at + 1, learningRate: 0.001, weights: { class: 1, box: 0.001 } };
    log.step(stepRecord({ ...shared, losses }));
    const shown = Object.fromEntries(METRICS.map((name) => [name, metrics[name]]));
    log.epoch(epochRecord({ ...shared, trainLosses: losses, valLosses: losses, metrics: shown }));
  }
  log.close();
}

test('the report of a run: curves, and classes, confusions, overlaps and pictures of the best epoch', async () => {
  const run = await newRun({ epochs: 3 });
  writeMetrics(run, EPOCHS);
  const reporter = new RunReporter(run, dataset);
  for (const epoch of EPOCHS) reporter.validated(epoch);
  await reporter.write();
  const html = report(run);
  expect(html).toContain('Best epoch 2 of 3: accuracy 90.0 %');
  expect(html).toContain('Classes, overlaps and pictures below are of epoch 2.');
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

  // The best epoch's alone gives the same tables and pictures; the last one's other pictures lie in samples/.
  const pictures = (page: string) => page.match(/data:image\/jpeg;base64,[^"]*/g)!;
  const last = samples(run);
  expect(last).toHaveLength(8);
  const alone = new RunReporter(run, dataset);
  alone.validated(EPOCHS[1]!);
  await alone.write();
  expect(pictures(report(run))).toEqual(pictures(html));
  const best = samples(run);
  expect(last.some((picture, at) => picture.equals(best[at]!))).toBe(false);
  expect(pictures(html)[0]).toBe(`data:image/jpeg;base64,${best[0]!.toString('base64')}`);
});

test('where another process had the best epoch, its network is evaluated once more', async () => {
  const run = await newRun();
  const config = checkRunConfig(run);
  const data = await openTrainingData(config);
  const learner = createLearner(config, data.train.classes.length, PLAIN_CORNERS, 4);
  const evaluator = await Evaluator.compile(learner.model, config);
  const first = (await evaluator.evaluate(data.val))!;
  evaluator.release();
  await new Checkpoints(run, data, learner, ['class', 'box']).saveBest({ ...first.metrics, epoch: 1 }, 4);
  // A second epoch with the same metrics, as networks at chance have them, and other predictions.
  const predictions = first.predictions.map((prediction) => ({ ...prediction, score: 0.123 }));
  const second = { ...first, predictions, losses: { class: 2, box: 3 } };
  writeMetrics(run, [first, second]);

  const whole = new RunReporter(run, data.val);
  for (const epoch of [first, second]) whole.validated(epoch);
  await whole.write();
  const expected = report(run);
  expect(expected).toContain('pictures below are of epoch 1.');
  const resumed = new RunReporter(run, data.val);
  resumed.validated(second);
  await resumed.write();
  expect(report(run)).toBe(expected);
});

test('hostile names are shown as text', async () => {
  const evil = '"><img src=x onerror=alert(1)>\u202egnp.exe';
  const run = await newRun();
  writeMetrics(run, EPOCHS);
  const reporter = new RunReporter(run, {
    ...dataset,
    classes: dataset.classes.map((name) => name + evil),
    items: dataset.items.map((item) => ({ ...item, id: item.id + evil, className: item.className + evil })),
  });
  for (const epoch of EPOCHS) reporter.validated(epoch);
  await reporter.write();
  expect(report(run)).toContain('circle&#34;&#62;&#60;img src=x');
  expect(report(run)).not.toContain('<img src=x');
  expect(report(run)).not.toContain('\u202e');
});
