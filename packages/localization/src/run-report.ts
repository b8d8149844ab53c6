/** The reports of a training and of an evaluation, one HTML file each. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  curvesFrom,
  type Json,
  type MetricsRecord,
  type ReportSection,
  type RunFolder,
  readMetrics,
  renderReport,
  writeFileAtomic,
} from '@counterpoise/training';
import type { LocalizationDataset } from './dataset.js';
import { evaluationSections, percent } from './evaluation-sections.js';
import type { Evaluation } from './evaluator.js';
import { type Best, isBetter } from './progress-state.js';
import { asReportPicture, drawSamples, pickSamples } from './samples.js';

const SAMPLES = 12;
const LEGEND = 'On pictures: solid green box, truth; dashed yellow box, prediction.';

/** Writes `samples/` and `report.html` of a run from its metrics and its last validation. */
export async function writeRunReport(run: RunFolder, val: LocalizationDataset, evaluation: Evaluation): Promise<void> {
  const samples = await drawSamples(val, evaluation, pickSamples(val.items.length, SAMPLES));
  for (const { name, picture } of samples) await writeFile(join(run.samples, name), picture);
  const records = readMetrics(run.metrics);
  const { balance, backbone, imageSize } = run.config;
  const html = renderReport({
    title: `Localizer: ${backbone} at ${imageSize} pixels, ${balance}`,
    summary: [...describeBest(records), `${val.items.length} validation pictures. ${LEGEND}`].join(' '),
    runs: [{ name: String(balance), curves: curvesFrom(records) }],
    samples: samples.map(asReportPicture),
    sections: await evaluationSections(val, evaluation),
    config: run.config,
    ...(await readEnvironment(run)),
  });
  await writeFileAtomic(run.report, html);
}

/** The epoch whose network the run keeps; the pictures and tables of the report are of the last one. */
function describeBest(records: readonly MetricsRecord[]): string[] {
  let best: Best | null = null;
  let last = 0;
  for (const record of records) {
    if (record.kind !== 'epoch') continue;
    const metric = (name: string) => Number(record[`metric/${name}`]);
    const candidate: Best = {
      epoch: Number(record.epoch),
      accuracy: metric('accuracy'),
      meanIou: metric('meanIou'),
      boxAccuracy: metric('boxAccuracy'),
      localizationAccuracy: metric('localizationAccuracy'),
    };
    if (isBetter(candidate, best)) best = candidate;
    last = candidate.epoch;
  }
  if (!best) return [];
  const { epoch, accuracy, meanIou, localizationAccuracy } = best;
  return [
    `Best epoch ${epoch} of ${last}: accuracy ${percent(accuracy)}, mean IoU ${meanIou.toFixed(3)}, ` +
      `localization accuracy ${percent(localizationAccuracy)}.`,
    ...(epoch === last ? [] : [`Classes, overlaps and pictures below are of epoch ${last}.`]),
  ];
}

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
  return { title: 'Results', table: { columns: ['', 'value'], rows } };
}

/** Missing where the run was killed in its first moment. */
export async function readEnvironment(run: RunFolder): Promise<{ environment?: { readonly [field: string]: Json } }> {
  try {
    return { environment: JSON.parse(await readFile(join(run.path, 'environment.json'), 'utf8')) };
  } catch {
    return {};
  }
}
