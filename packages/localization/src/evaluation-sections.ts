/** What a report shows of an evaluation: classes, confusions, overlaps, and the pictures worth a look. */
import type { ReportPicture, ReportSection, ReportTable } from '@counterpoise/training';
import { classMetrics, confusionMatrix, confusions } from './class-metrics.js';
import { type LocalizationDataset, truthOf } from './dataset.js';
import type { Evaluation } from './evaluator.js';
import { IOU_THRESHOLD, iou, type LocalizationMetrics, type Truth } from './metrics.js';
import { asReportPicture, drawSamples } from './samples.js';

/** Of each kind. */
const PICTURES = 8;
/** A larger matrix cannot be taken in; then the most frequent mistakes are listed. */
const MAX_MATRIX = 40;
const MAX_CONFUSIONS = 30;

/** In the order of their interest; without those that have nothing to show. */
export async function evaluationSections(
  dataset: LocalizationDataset,
  evaluation: Evaluation,
): Promise<ReportSection[]> {
  const truths = dataset.items.map(truthOf);
  const overlaps = new Map(
    truths.flatMap(({ box }, index) => (box ? [[index, iou(evaluation.predictions[index]!.box, box)] as const] : [])),
  );
  const pictures = async (indices: readonly number[]): Promise<ReportPicture[]> =>
    (await drawSamples(dataset, evaluation, indices)).map(asReportPicture);
  const byOverlap = [...overlaps.keys()].sort((a, b) => overlaps.get(a)! - overlaps.get(b)! || a - b);
  const wrong = surestMistakes(dataset, evaluation);
  const mean = evaluation.metrics.meanIou.toFixed(3);
  const boxesRight = percent(evaluation.metrics.boxAccuracy);
  const sections: (ReportSection | undefined)[] = [
    { title: 'Classes', table: classTable(dataset, evaluation, truths) },
    confusionSection(dataset, evaluation, truths),
    overlaps.size === 0
      ? undefined
      : {
          title: 'Overlap',
          text: `Intersection over union of true and predicted box, per picture. Mean ${mean}; from ${IOU_THRESHOLD} on, where a box counts as right: ${boxesRight}.`,
          histogram: {
            title: 'Pictures by IoU',
            xLabel: 'IoU',
            range: [0, 1],
            bins: 20,
            values: [...overlaps.values()],
            mark: { at: IOU_THRESHOLD, label: `right from ${IOU_THRESHOLD} on` },
          },
        },
    {
      title: 'Smallest overlaps',
      text: 'The boxes that are furthest off, whatever the class.',
      pictures: await pictures(byOverlap.slice(0, PICTURES)),
    },
    {
      title: 'Wrong class, surest first',
      text: 'Where the network is sure and wrong, the annotation is worth a look too.',
      pictures: await pictures(wrong),
    },
    { title: 'Largest overlaps', pictures: await pictures(byOverlap.slice(-PICTURES).reverse()) },
  ];
  return sections.filter((section) => section !== undefined).filter(({ pictures }) => pictures?.length !== 0);
}

/** The items whose class is wrong, those with the highest score first. */
function surestMistakes({ items }: LocalizationDataset, { predictions }: Evaluation): number[] {
  const wrong = [...items.keys()].filter((index) => {
    const { label } = items[index]!;
    return label !== null && predictions[index]!.label !== label;
  });
  return wrong.sort((a, b) => predictions[b]!.score - predictions[a]!.score || a - b).slice(0, PICTURES);
}

function classTable(
  { classes }: LocalizationDataset,
  { predictions, metrics }: Evaluation,
  truths: readonly Truth[],
): ReportTable {
  const cells = (found: LocalizationMetrics) =>
    [found.accuracy, found.meanIou, found.localizationAccuracy].map((share) => (Number.isNaN(share) ? null : share));
  const rows = classMetrics(predictions, truths, classes.length).map((found, label) => [
    classes[label]!,
    found?.images ?? 0,
    ...(found ? cells(found) : [null, null, null]),
  ]);
  return {
    columns: ['class', 'pictures', 'accuracy', 'mean IoU', 'localization accuracy'],
    rows: classes.length > 1 ? [...rows, ['all', metrics.images, ...cells(metrics)]] : rows,
  };
}

function confusionSection(
  { classes }: LocalizationDataset,
  { predictions }: Evaluation,
  truths: readonly Truth[],
): ReportSection {
  const counts = confusionMatrix(predictions, truths, classes.length);
  if (classes.length <= MAX_MATRIX) {
    return {
      title: 'Confusion matrix',
      text: 'How often the class of the row was taken for that of the column; shaded by the share of the row.',
      matrix: { names: classes, rowTitle: 'true class', columnTitle: 'predicted class', counts },
    };
  }
  const rows = confusions(counts, MAX_CONFUSIONS).map(({ truth, prediction, count }) => {
    return [classes[truth]!, classes[prediction]!, count];
  });
  return {
    title: 'Most frequent confusions',
    ...(rows.length === 0 && { text: 'None: every class is right.' }),
    table: { columns: ['true class', 'predicted class', 'pictures'], rows },
  };
}

/** A dash where there was nothing to count. */
export function percent(share: number): string {
  if (Number.isNaN(share)) return '–';
  return `${(100 * share).toFixed(1)} %`;
}
