/** Pictures of a data set with their true and predicted boxes. */
import { Random } from '@counterpoise/nn';
import type { ReportPicture } from '@counterpoise/training';
import { type LocalizationDataset, type LocalizationItem, unitBox } from './dataset.js';
import type { Evaluation } from './evaluator.js';
import { iou } from './metrics.js';
import { drawBoxes } from './pictures.js';
import { inPixels } from './predict.js';

/** How many of the validation pictures reports and run folders show. */
export const SAMPLES = 12;
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
      truth: { box: item.box, label: classNameOf(item) },
      prediction: { box: inPixels(box, item), label: predicted, score },
      format: 'jpeg',
    });
    const truth = unitBox(item);
    const overlap = truth ? `IoU ${iou(box, truth).toFixed(2)}` : 'no true box';
    const verdict = label === item.label ? predicted : `${predicted} (true: ${classNameOf(item)})`;
    drawn.push({ name: `${fileName(index)}.jpg`, picture, caption: `${item.id}: ${verdict}, ${overlap}` });
  }
  return drawn;
}

export function classNameOf({ className }: LocalizationItem): string {
  return className ?? 'no class';
}

export function asReportPicture({ picture, caption }: { picture: Buffer; caption: string }): ReportPicture {
  return { dataUrl: `data:image/jpeg;base64,${picture.toString('base64')}`, caption };
}

/** At most `count` of `items`, always the same ones; drawn, because data sets repeat their classes at regular distances. */
export function pickSamples(items: number, count: number): number[] {
  return [...new Random('samples').permutation(items).subarray(0, count)].sort((a, b) => a - b);
}

/** Ids come from other people's folders and may hold anything: the number is the name. */
function fileName(index: number): string {
  return `val-${String(index).padStart(5, '0')}`;
}
