/** An inspection as a page to look at. */
import { Random } from '@counterpoise/nn';
import { type ReportPicture, type ReportSection, renderReport } from '@counterpoise/training';
import type { LocalizationDataset } from '../dataset.js';
import { drawBoxes } from '../pictures.js';
import { asReportPicture, classNameOf } from '../samples.js';
import type { Inspection } from './inspection.js';

/** Pictures are drawn from pixels of this many a side. */
const PICTURE_SIZE = 256;
const SHOWN_PICTURES = 24;
const SHOWN_PAIRS = 12;
const SHOWN_ROWS = 1000;

/** The text of a page that needs nothing else: counts, box sizes, pictures with their boxes, near-duplicates, what is left out. */
export async function renderInspection(inspection: Inspection, dataset: LocalizationDataset): Promise<string> {
  const { data, format, pictures, usable, classes, splits, boxes, rejected, notices } = inspection;
  const samples: ReportPicture[] = [];
  for (const index of samplesOf(dataset)) samples.push(await drawn(dataset, index, ''));
  const sections: ReportSection[] = [
    {
      title: 'Classes',
      text: `Pictures that can be used, by split.${missingText(inspection)}`,
      table: {
        columns: ['class', 'all', ...splits.map(({ name, drawn }) => (drawn ? `${name} (drawn)` : name))],
        rows: classes.map((count, label) => [
          count.class,
          count.pictures,
          ...splits.map((split) => split.classes[label]!.pictures),
        ]),
      },
    },
    {
      title: 'Box sizes',
      text: 'In units of the picture.',
      table: {
        columns: ['', 'smallest', '5 %', '25 %', 'median', '75 %', '95 %', 'largest'],
        rows: Object.entries(boxes ?? {}).map(([name, { min, p5, p25, median, p75, p95, max }]) => {
          return [name, min, p5, p25, median, p75, p95, max];
        }),
      },
    },
    await duplicatesSection(inspection, dataset),
    {
      title: 'Left out',
      table: { columns: ['item', 'reason'], rows: shortened(rejected.map(({ item, reason }) => [item, reason])) },
    },
    { title: 'Notices', table: { columns: ['notice'], rows: shortened(notices.map((notice) => [notice])) } },
  ];
  return renderReport({
    title: `Data set: ${data}`,
    summary: `${usable} of ${pictures} pictures can be used; format ${format}.`,
    runs: [],
    samples,
    sections,
    config: {},
  });
}

/** Nothing where every picture has both. */
function missingText({ withoutClass, withoutBox }: Pick<Inspection, 'withoutClass' | 'withoutBox'>): string {
  return withoutClass + withoutBox === 0
    ? ''
    : ` ${withoutClass} have a box and no class, ${withoutBox} a class and no box.`;
}

async function duplicatesSection(
  { nearDuplicates, nearDuplicatePairs }: Inspection,
  dataset: LocalizationDataset,
): Promise<ReportSection> {
  const indices = new Map(dataset.items.map(({ id }, index) => [id, index]));
  const pictures: ReportPicture[] = [];
  for (const [pair, { items, splits, distance }] of nearDuplicates.slice(0, SHOWN_PAIRS).entries()) {
    for (const at of [0, 1] as const) {
      const caption = `pair ${pair + 1}, ${splits[at]}, ${distance} of 64 bits differ: `;
      pictures.push(await drawn(dataset, indices.get(items[at])!, caption));
    }
  }
  return {
    title: 'Near-duplicates across splits',
    text: nearDuplicatePairs > 0 ? `${nearDuplicatePairs} pairs of pictures of different splits look alike.` : '',
    pictures,
  };
}

/** Every class in turn, drawn at random within it: the first pictures of a folder are often of one series. */
function samplesOf({ classes, items }: LocalizationDataset): number[] {
  // Those without a class come after the classes.
  const byLabel = [...classes, ''].map((): number[] => []);
  for (const index of new Random('samples').permutation(items.length)) {
    byLabel[items[index]!.label ?? classes.length]!.push(index);
  }
  const chosen: number[] = [];
  for (let round = 0; chosen.length < Math.min(SHOWN_PICTURES, items.length); round++) {
    for (const indices of byLabel) {
      if (indices[round] !== undefined && chosen.length < SHOWN_PICTURES) chosen.push(indices[round]!);
    }
  }
  return chosen;
}

async function drawn(dataset: LocalizationDataset, index: number, caption: string): Promise<ReportPicture> {
  const item = dataset.items[index]!;
  const picture = await drawBoxes({
    picture: { pixels: await dataset.load(index, PICTURE_SIZE), width: PICTURE_SIZE, height: PICTURE_SIZE },
    frame: item,
    truth: { box: item.box, label: classNameOf(item) },
    format: 'jpeg',
  });
  return asReportPicture({ picture, caption: `${caption}${item.id} (${classNameOf(item)})` });
}

function shortened(rows: string[][]): string[][] {
  if (rows.length <= SHOWN_ROWS) return rows;
  const more = rows[0]!.map((_, at) => (at === 0 ? `and ${rows.length - SHOWN_ROWS} more` : ''));
  return [...rows.slice(0, SHOWN_ROWS), more];
}
