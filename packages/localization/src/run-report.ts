/** The report of an evaluation, one HTML file. `run-reporter.ts` writes that of a training. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Json, type ReportSection, type RunFolder, renderReport, writeFileAtomic } from '@counterpoise/training';
import type { LocalizationDataset } from './dataset.js';
import { evaluationSections } from './evaluation-sections.js';
import type { Evaluation } from './evaluator.js';
import { asReportPicture, drawSamples, pickSamples, SAMPLES } from './samples.js';

export const LEGEND = 'On pictures: solid green box, truth; dashed yellow box, prediction.';

export interface EvaluationReport {
  readonly run: RunFolder;
  /** What was evaluated. */
  readonly dataset: LocalizationDataset;
  readonly evaluation: Evaluation;
}

/** Writes the report of an evaluation: the same sections as of a training, without its curves. */
export async function writeEvaluationReport(path: string, report: EvaluationReport): Promise<void> {
  const { run, dataset, evaluation } = report;
  const samples = await drawSamples(dataset, evaluation, pickSamples(dataset.items.length, SAMPLES));
  const leftOut = dataset.rejected.length;
  const html = renderReport({
    title: `Evaluation of ${basename(run.path)}`,
    summary: `${dataset.items.length} pictures${leftOut > 0 ? `, ${leftOut} left out` : ''}. ${LEGEND}`,
    runs: [],
    sections: [
      resultSection(evaluation),
      ...(await evaluationSections(dataset, evaluation)),
      { title: 'Samples', pictures: samples.map(asReportPicture) },
    ],
    config: run.config,
    ...(await readEnvironment(run)),
  });
  await writeFileAtomic(path, html);
}

function resultSection({ metrics, losses }: Evaluation): ReportSection {
  const { accuracy, meanIou, boxAccuracy, localizationAccuracy } = metrics;
  const rows: [string, number][] = [
    ['accuracy', accuracy],
    ['mean IoU', meanIou],
    ['box accuracy', boxAccuracy],
    ['localization accuracy', localizationAccuracy],
    ...Object.entries(losses).map(([name, loss]): [string, number] => [`${name} loss`, loss]),
  ];
  // NaN: no picture has the truth for it.
  const shown = rows.map(([name, value]) => [name, Number.isNaN(value) ? null : value]);
  return { title: 'Results', table: { columns: ['', 'value'], rows: shown } };
}

/** Missing where the run was killed in its first moment. */
export async function readEnvironment(run: RunFolder): Promise<{ environment?: { readonly [field: string]: Json } }> {
  try {
    return { environment: JSON.parse(await readFile(join(run.path, 'environment.json'), 'utf8')) };
  } catch {
    return {};
  }
}
