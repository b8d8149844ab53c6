/** The pictures of a validation set with true and predicted boxes, and the report of a run. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@counterpoise/nn';
import {
  curvesFrom,
  type Json,
  type ReportPicture,
  type ReportSection,
  type RunFolder,
  readMetrics,
  renderReport,
  writeFileAtomic,
} from '@counterpoise/training';
import { type LocalizationDataset, unitBox } from './dataset.js';
import type { Evaluation } from './evaluator.js';
import { iou } from './metrics.js';
import { drawBoxes } from './pictures.js';
import { inPixels } from './predict.js';

/** Pictures are drawn from pixels of this many a side. */
const PICTURE_SIZE = 256;

/** Draws the given items of the set with their true and predicted boxes, as JPEG. */
export async function drawSamples(
  dataset: LocalizationDataset,
  { predictions }: Evaluation,
  indices: readonly number[],
): Promise<{ name: string; picture: Buffer; caption: string }[]> {
  const drawn = [];
  for (const index of indices) {
    const item = dataset.items[index]!;
    const { label, score, box } = predictions[index]!;
    const predicted = dataset.classes[label]!;
    const picture = await drawBoxes({
      picture: { pixels: await dataset.load(index, PICTURE_SIZE), width: PICTURE_SIZE, height: PICTURE_SIZE },
      frame: item,
      truth: { box: item.box, label: item.className },
      prediction: { box: inPixels(box, item), label: predicted, score },
      format: 'jpeg',
    });
    const overlap = iou(box, unitBox(item)).toFixed(2);
    const verdict = label === item.label ? predicted : `${predicted} (true: ${item.className})`;
    drawn.push({ name: `${fileName(index)}.jpg`, picture, caption: `${item.id}: ${verdict}, IoU ${overlap}` });
  }
  return drawn;
}

/** At most `count` of `items`, always the same ones; drawn, because data sets repeat their classes at regular distances. */
export function pickSamples(items: number, count: number): number[] {
  return [...new Random('samples').permutation(items).subarray(0, count)].sort((a, b) => a - b);
}

/** The items with the smallest IoU, smallest first. */
export function worst(dataset: LocalizationDataset, { predictions }: Evaluation, count: number): number[] {
  const overlaps = dataset.items.map((item, index) => iou(predictions[index]!.box, unitBox(item)));
  return [...overlaps.keys()].sort((a, b) => overlaps[a]! - overlaps[b]! || a - b).slice(0, count);
}

/** Writes `samples/` and `report.html` of a run from its metrics and its last validation. */
export async function writeRunReport(run: RunFolder, val: LocalizationDataset, evaluation: Evaluation): Promise<void> {
  const samples = await drawSamples(val, evaluation, pickSamples(val.items.length, 12));
  for (const { name, picture } of samples) await writeFile(join(run.samples, name), picture);
  const failures = await drawSamples(val, evaluation, worst(val, evaluation, 6));
  const { balance, backbone, imageSize } = run.config;
  const html = renderReport({
    title: `Localizer: ${backbone} at ${imageSize} pixels, ${balance}`,
    summary: `${val.items.length} validation pictures. Solid box: truth. Dashed box: prediction.`,
    runs: [{ name: String(balance), curves: curvesFrom(readMetrics(run.metrics)) }],
    samples: samples.map(asReportPicture),
    sections: [{ title: 'Smallest overlaps', pictures: failures.map(asReportPicture) } satisfies ReportSection],
    config: run.config,
    ...(await readEnvironment(run)),
  });
  await writeFileAtomic(run.report, html);
}

export function asReportPicture({ picture, caption }: { picture: Buffer; caption: string }): ReportPicture {
  return { dataUrl: `data:image/jpeg;base64,${picture.toString('base64')}`, caption };
}

/** Missing where the run was killed in its first moment. */
export async function readEnvironment(run: RunFolder): Promise<{ environment?: { readonly [field: string]: Json } }> {
  try {
    return { environment: JSON.parse(await readFile(join(run.path, 'environment.json'), 'utf8')) };
  } catch {
    return {};
  }
}

/** Ids come from other people's folders and may hold anything: the number is the name. */
function fileName(index: number): string {
  return `val-${String(index).padStart(5, '0')}`;
}
