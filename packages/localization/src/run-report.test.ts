import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeEvaluationReport } from './run-report.js';
import { shiftedEvaluation } from './testing/evaluations.js';
import { type TestRun, testRun } from './testing/training-run.js';

let made: TestRun;
beforeAll(async () => {
  made = await testRun();
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

test('the report of an evaluation has the same sections, without curves', async () => {
  const { run } = made;
  const path = join(run.path, 'evaluation.html');
  await writeEvaluationReport(path, { run, dataset: hostile, evaluation });
  const html = readFileSync(path, 'utf8');
  expect(html).toContain('<h1>Evaluation of run</h1>');
  expect(html).toContain('<td>accuracy</td><td class="number">0.8750</td>');
  expect(html).toContain('circle&#34;&#62;&#60;img src=x');
  expect(html).not.toContain('<img src=x');
  // An override of the direction would turn the rest of the line round.
  expect(html).not.toContain('\u202e');
  for (const title of ['Results', 'Classes', 'Confusion matrix', 'Overlap', 'Samples', 'Configuration']) {
    expect(html).toContain(`<h2>${title}</h2>`);
  }
  expect(html).not.toContain('<h2>Losses</h2>');
});
