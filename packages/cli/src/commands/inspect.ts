import {
  FORMATS,
  type FormatName,
  type Inspection,
  inspectFolder,
  PARTLY_LABELLED,
  type PartlyLabelled,
  parseFold,
  renderInspection,
} from '@counterpoise/localization';
import { alignedTable, oneLine, writeFileAtomic } from '@counterpoise/training';
import { type Command, Option } from 'commander';
import { numberFor, wordFor } from '../arguments.js';
import { FAILURE, type SetExitCode, UsageError } from '../errors.js';

interface Options {
  readonly format?: FormatName;
  readonly partlyLabelled?: PartlyLabelled;
  readonly valFraction?: number;
  readonly fold?: string;
  readonly seed?: number;
  readonly report?: string;
  readonly json?: true;
}

/** Near-duplicates that are printed; `--json` has all. */
const SHOWN_PAIRS = 10;

export function addInspect(program: Command, setExitCode: SetExitCode): void {
  program
    .command('inspect')
    .description(
      'Look at a data set before training: what it holds, what is left out and why. Exit code 1 if nothing can be used.',
    )
    .argument('<dir>', 'a folder in VOC, COCO, YOLO or CSV form')
    .addOption(new Option('--format <name>', 'the form of the folder (default: told by its files)').choices(FORMATS))
    .addOption(
      new Option(
        '--partly-labelled <what>',
        'pictures with a class and no box, or a box and no class (default: drop)',
      ).choices(PARTLY_LABELLED),
    )
    .option(
      '--val-fraction <share>',
      'draw this share of every class for validation (default: as the folder says, else 0.2)',
      numberFor('valFraction'),
    )
    .option('--fold <i/k>', 'cross-validation: the i-th of k folds is val, the others are train', wordFor('fold'))
    .option('--seed <integer>', 'of everything drawn (default: 0)', numberFor('seed'))
    .option('--report <file>', 'write a page with pictures, HTML')
    .option('--json', 'print one JSON object')
    .action(async (path: string, { fold, report, json, ...options }: Options) => {
      if (fold !== undefined && options.valFraction !== undefined) {
        throw new UsageError('"valFraction" and "fold" exclude each other: give one');
      }
      const folds = fold === undefined ? undefined : parseFold(fold);
      const { inspection, dataset } = await inspectFolder(path, { ...options, fold: folds });
      if (report !== undefined) await writeFileAtomic(report, await renderInspection(inspection, dataset));
      process.stdout.write(
        json ? `${JSON.stringify(inspection)}\n` : `${describe(inspection).map(oneLine).join('\n')}\n`,
      );
      if (report !== undefined && !json) process.stdout.write(`report  ${report}\n`);
      if (inspection.usable === 0) setExitCode(FAILURE);
    });
}

function describe(inspection: Inspection): string[] {
  const { data, format, pictures, usable, imbalance, nearDuplicates, nearDuplicatePairs, notices, rejected } =
    inspection;
  return [
    `data set  ${data}`,
    `format    ${format}`,
    `usable    ${usable} of ${pictures} pictures`,
    ...classLines(inspection),
    ...(imbalance === null
      ? []
      : ['', `balance   the most frequent class has ${imbalance.toFixed(1)} times the pictures of the least frequent`]),
    ...boxLines(inspection),
    ...listed(
      'near-duplicates across splits',
      nearDuplicates.slice(0, SHOWN_PAIRS).map(({ items, splits, distance }) => {
        return `${items[0]} (${splits[0]}) and ${items[1]} (${splits[1]}): ${distance} of 64 bits differ`;
      }),
      nearDuplicatePairs,
    ),
    ...listed('notices', notices, notices.length),
    ...listed(
      'left out',
      rejected.map(({ item, reason }) => `${item}: ${reason}`),
      rejected.length,
    ),
  ];
}

function classLines(inspection: Inspection): string[] {
  const { classes, splits, usable } = inspection;
  const header = ['class', 'all', ...splits.map(({ name, drawn }) => (drawn ? `${name} (drawn)` : name))];
  const rows = classes.map(({ class: name, pictures }, label) => {
    return [name, String(pictures), ...splits.map((split) => String(split.classes[label]!.pictures))];
  });
  const rowOf = (title: string, of: (counts: Pick<Inspection, 'withoutClass' | 'withoutBox'>) => number) =>
    of(inspection) === 0 ? [] : [[title, String(of(inspection)), ...splits.map((split) => String(of(split)))]];
  const sums = [
    ...rowOf('(no class)', ({ withoutClass }) => withoutClass),
    ['sum', String(usable), ...splits.map(({ pictures }) => String(pictures))],
    ...rowOf('of them without a box', ({ withoutBox }) => withoutBox),
  ];
  return ['', ...alignedTable([header, ...rows, ...sums])];
}

function boxLines({ boxes }: Inspection): string[] {
  if (!boxes) return [];
  const rows = Object.entries(boxes).map(([name, { min, p5, p25, median, p75, p95, max }]) => {
    return [name, ...[min, p5, p25, median, p75, p95, max].map((value) => value.toFixed(3))];
  });
  return [
    '',
    ...alignedTable([['box / picture', 'smallest', '5 %', '25 %', 'median', '75 %', '95 %', 'largest'], ...rows]),
  ];
}

function listed(title: string, lines: readonly string[], count: number): string[] {
  const more = count > lines.length ? [`  and ${count - lines.length} more`] : [];
  return ['', `${title}: ${count === 0 ? 'none' : count}`, ...lines.map((line) => `  ${line}`), ...more];
}
