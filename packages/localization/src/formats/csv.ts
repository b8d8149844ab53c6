/** CSV: a row per object, found by the names in the header. */
import { posix } from 'node:path';
import type { Box } from '../dataset.js';
import { isPictureName, listFolder, readText, withPictureEndings } from '../files.js';
import {
  type Annotated,
  type AnnotatedObject,
  type AnnotatedPicture,
  type AnnotatedSet,
  type PartlyLabelled,
  reasonOf,
} from './annotated-set.js';
import { readClassList } from './class-list.js';
import { type CsvColumns, findColumns } from './csv-columns.js';
import { type CsvRow, parseCsv } from './csv-rows.js';
import { parseNumber, show } from './fields.js';
import { SPLIT_FOLDERS, SplitLists, splitInName, splitName } from './split-names.js';

const MAX_BYTES = 64 * 2 ** 20;

export async function isCsv(root: string): Promise<boolean> {
  return (await candidates(root)).length > 0;
}

/**
 * Corners are continuous pixels from 0, as COCO's; if no number of the whole file is above 1, they are units of the picture.
 * Splits go by the column `split`, else by the names of the files and folders: train.csv, val.csv.
 */
export async function readCsv(root: string, partlyLabelled: PartlyLabelled = 'drop'): Promise<AnnotatedSet> {
  const all = await candidates(root);
  if (all.length === 0) throw new Error('there are no boxes: expected a CSV file in the folder');
  const files: CsvFile[] = [];
  const problems: string[] = [];
  for (const file of all) {
    try {
      files.push(parseCsvFile((await readText(root, file, MAX_BYTES)) ?? '', file, partlyLabelled));
    } catch (error) {
      problems.push(`${file}: ${reasonOf(error)}`);
    }
  }
  if (files.length === 0) throw new Error(problems[0]);
  if (files.every(({ rows }) => rows.length === 0)) {
    throw new Error(`${files[0]!.file}: no images: there is no row below the header`);
  }
  const set = new PictureCollector();
  const notices = problems.map((problem) => `${problem}: left out`);
  for (const file of files) {
    if (file.unit === 'picture')
      notices.push(`${file.file}: no number is above 1, so they are taken as units of the picture`);
    const split = splitInName(posix.basename(file.file, '.csv')) ?? splitInName(posix.dirname(file.file));
    for (const row of file.rows) set.add(file, row, split);
  }
  const classes = await readClassList(root, 'classes.txt');
  const pictures = set.pictures();
  if (classes && !hasClassOf(pictures, classes)) {
    notices.push('classes.txt names no class of these files: left out');
    return { format: 'csv', pictures, lists: set.splits.lists, notices };
  }
  return { format: 'csv', pictures, classes, lists: set.splits.lists, notices };
}

/** A table may hold other labels of the pictures than those that the folder was made for. */
function hasClassOf(pictures: ReadonlyMap<string, Annotated>, classes: readonly string[]): boolean {
  const names = new Set(classes);
  return [...pictures.values()].some((picture) => {
    return !(picture instanceof Error) && picture.objects.some(({ name }) => name !== null && names.has(name));
  });
}

async function candidates(root: string): Promise<string[]> {
  const folders = ['.', 'annotations', ...SPLIT_FOLDERS];
  const names = await Promise.all(folders.map((folder) => listFolder(root, folder)));
  return folders.flatMap((folder, at) => {
    return names[at]!.filter((name) => /\.csv$/i.test(name)).map((name) => posix.join(folder, name));
  });
}

/** Not an Error: a file may have a million, and each would trace the stack. */
interface Problem {
  readonly problem: string;
}

interface ParsedRow {
  readonly line: number;
  readonly picture: string;
  readonly split: string | undefined;
  readonly size: AnnotatedPicture['size'];
  readonly object: AnnotatedObject | Problem;
}

interface CsvFile {
  readonly file: string;
  readonly unit: AnnotatedPicture['unit'];
  readonly rows: readonly ParsedRow[];
}

/** @throws Error for a header that lacks a column, or quotes that do not close. */
export function parseCsvFile(text: string, file: string, partlyLabelled: PartlyLabelled = 'drop'): CsvFile {
  const { rows, separator } = parseCsv(text);
  const [header, ...rest] = rows;
  if (!header) throw new Error('no images: the file is empty');
  const columns = findColumns(header.cells);
  // Where semicolons separate, decimals have commas.
  const number = (cell: string) => parseNumber(separator === ';' ? cell.replace(',', '.') : cell);
  const parsed = rest.map((row) => parseRow(row, header.cells, columns, number, partlyLabelled));
  const boxes = parsed.flatMap(({ object }) => ('problem' in object || !object.box ? [] : [object.box]));
  const isRelative = boxes.length > 0 && boxes.every((box) => box.every((value) => value >= 0 && value <= 1));
  return { file, unit: isRelative ? 'picture' : 'pixels', rows: parsed };
}

function parseRow(
  { line, cells }: CsvRow,
  header: readonly string[],
  columns: CsvColumns,
  number: (cell: string) => number | undefined,
  partlyLabelled: PartlyLabelled,
): ParsedRow {
  const cell = (at: number | undefined) => (at === undefined ? '' : (cells[at] ?? '').trim());
  const size = columns.size && { width: number(cell(columns.size.width)), height: number(cell(columns.size.height)) };
  const split = cell(columns.split);
  return {
    line,
    picture: cell(columns.picture),
    split: split === '' ? undefined : splitName(split),
    size:
      size?.width && size.height && size.width > 0 && size.height > 0
        ? { width: size.width, height: size.height }
        : undefined,
    object: parseObject(),
  };

  function parseObject(): AnnotatedObject | Problem {
    if (cells.length !== header.length) {
      return { problem: `expected ${header.length} fields as in the header, got ${cells.length}` };
    }
    const name = cell(columns.class) || null;
    const places = [columns.x1, columns.y1, columns.far.x, columns.far.y];
    const hasBox = places.some((at) => cell(at) !== '');
    const mayLack = partlyLabelled === 'keep' && (name !== null || hasBox);
    if (name === null && !mayLack) return { problem: `${header[columns.class]} must name a class, got nothing` };
    if (mayLack && !hasBox) return { name, box: null, given: 'none' };
    const numbers = places.map((at) => number(cell(at)));
    const bad = numbers.indexOf(undefined);
    if (bad >= 0) return { problem: `${header[places[bad]!]} must be a number, got ${show(cell(places[bad]))}` };
    const [x, y, farX, farY] = numbers as [number, number, number, number];
    const box: Box = columns.far.kind === 'corner' ? [x, y, farX, farY] : [x, y, x + farX, y + farY];
    const given = places.map((at) => cell(at)).join(', ');
    if (!(box[2] > box[0] && box[3] > box[1])) return { problem: `the box has no area: ${given}` };
    return { name, box, given };
  }
}

/** Gathers the rows of each picture. */
class PictureCollector {
  readonly splits = new SplitLists();
  readonly #pictures = new Map<string, AnnotatedPicture & { objects: AnnotatedObject[] }>();
  readonly #problems = new Map<string, string[]>();

  add({ file, unit }: CsvFile, { line, picture, split, size, object }: ParsedRow, fileSplit: string | undefined): void {
    const name = picture.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
    if (name === '') {
      this.#problem(`${file} line ${line}`, 'no picture is named');
      return;
    }
    const ofSplit = split ?? fileSplit;
    if (ofSplit !== undefined) this.splits.add(ofSplit, name);
    if ('problem' in object) {
      this.#problem(name, `${file} line ${line}: ${object.problem}`);
      return;
    }
    const earlier = this.#pictures.get(name);
    if (earlier) earlier.objects.push(object);
    else
      this.#pictures.set(name, {
        name,
        files: pathsOf(name, posix.dirname(file), ofSplit),
        size,
        unit,
        objects: [object],
      });
  }

  /** A picture with a row that cannot be read is refused: that row might be of its largest object. */
  pictures(): Map<string, Annotated> {
    const pictures = new Map<string, Annotated>(this.#pictures);
    for (const [name, problems] of this.#problems) {
      const more = problems.length > 3 ? ` (and ${problems.length - 3} more)` : '';
      pictures.set(name, new Error(problems.slice(0, 3).join('; ') + more));
    }
    return pictures;
  }

  #problem(name: string, problem: string): void {
    const problems = this.#problems.get(name);
    if (problems) problems.push(problem);
    else this.#problems.set(name, [problem]);
  }
}

/** As it says, from the folder or from the file's own; under the usual folders; an id without an ending with one. */
function pathsOf(name: string, folder: string, split: string | undefined): string[] {
  const splits = split === undefined ? [] : SPLIT_FOLDERS.filter((word) => splitName(word) === split);
  const places = [folder, '.', 'images', 'JPEGImages', ...splits.flatMap((place) => [place, `images/${place}`])];
  const names = isPictureName(name) ? [name] : [name, ...withPictureEndings(name)];
  return [...new Set(places)].flatMap((place) => names.map((one) => (place === '.' ? one : `${place}/${one}`)));
}
