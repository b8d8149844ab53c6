/** One CSV file to what its rows say of each picture. */
import type { Box } from '../dataset.js';
import type { AnnotatedObject, AnnotatedPicture, PartlyLabelled } from './annotated-set.js';
import { type CsvColumns, findColumns } from './csv-columns.js';
import { type CsvRow, parseCsv } from './csv-rows.js';
import { parseNumber, show } from './fields.js';
import { splitName } from './split-names.js';

export interface CsvFile {
  readonly file: string;
  readonly unit: AnnotatedPicture['unit'];
  /** By the name that the rows give it, in their order. */
  readonly pictures: ReadonlyMap<string, CsvPicture>;
  /** Lines of the rows that name no picture. */
  readonly unnamed: readonly number[];
}

export interface CsvPicture {
  /** What its rows say of it, each once; `undefined` where they say nothing. */
  readonly splits: Set<string | undefined>;
  size: AnnotatedPicture['size'];
  readonly objects: AnnotatedObject[];
  readonly problems: RowProblems;
}

/** A file may have a million bad rows: only what will be told of them is kept. */
export class RowProblems {
  readonly #first: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#first.length < 3) this.#first.push(problem);
    else this.#more++;
  }

  addAll(others: RowProblems): void {
    for (const problem of others.#first) this.add(problem);
    this.#more += others.#more;
  }

  /** Undefined if there is none. */
  get text(): string | undefined {
    if (this.#first.length === 0) return undefined;
    return this.#first.join('; ') + (this.#more > 0 ? ` (and ${this.#more} more)` : '');
  }
}

/** Not an Error, which would trace the stack. */
interface Problem {
  readonly problem: string;
}

/**
 * Corners are continuous pixels from 0, as COCO's; if no number of the whole file is above 1, they are units of the picture.
 * @throws Error for a header that lacks a column, or quotes that do not close.
 */
export function parseCsvFile(text: string, file: string, partlyLabelled: PartlyLabelled = 'drop'): CsvFile {
  const { rows, separator } = parseCsv(text);
  // Where semicolons separate, decimals have commas.
  const number = (cell: string) => parseNumber(separator === ';' ? cell.replace(',', '.') : cell);
  const pictures = new Map<string, CsvPicture>();
  const unnamed: number[] = [];
  let parser: RowParser | undefined;
  for (const row of rows) {
    if (!parser) {
      parser = new RowParser(row.cells, number, partlyLabelled);
      continue;
    }
    const name = parser.picture(row);
    if (name === '') {
      unnamed.push(row.line);
      continue;
    }
    let picture = pictures.get(name);
    if (!picture) {
      picture = { splits: new Set(), size: undefined, objects: [], problems: new RowProblems() };
      pictures.set(name, picture);
    }
    picture.splits.add(parser.split(row));
    const object = parser.object(row);
    if ('problem' in object) picture.problems.add(`${file} line ${row.line}: ${object.problem}`);
    else {
      if (picture.objects.length === 0) picture.size = parser.size(row);
      picture.objects.push(object);
    }
  }
  if (!parser) throw new Error('no images: the file is empty');
  return { file, unit: areRelative(pictures.values()) ? 'picture' : 'pixels', pictures, unnamed };
}

class RowParser {
  readonly #columns: CsvColumns;

  constructor(
    readonly header: readonly string[],
    readonly number: (cell: string) => number | undefined,
    readonly partlyLabelled: PartlyLabelled,
  ) {
    this.#columns = findColumns(header);
  }

  picture(row: CsvRow): string {
    return cell(row, this.#columns.picture)
      .replaceAll('\\', '/')
      .replace(/^(\.\/)+/, '');
  }

  split(row: CsvRow): string | undefined {
    const split = cell(row, this.#columns.split);
    return split === '' ? undefined : splitName(split);
  }

  size(row: CsvRow): AnnotatedPicture['size'] {
    if (!this.#columns.size) return undefined;
    const width = this.number(cell(row, this.#columns.size.width));
    const height = this.number(cell(row, this.#columns.size.height));
    return width && height && width > 0 && height > 0 ? { width, height } : undefined;
  }

  object(row: CsvRow): AnnotatedObject | Problem {
    if (row.cells.length !== this.header.length) {
      return { problem: `expected ${this.header.length} fields as in the header, got ${row.cells.length}` };
    }
    const { class: classColumn, x1, y1, far } = this.#columns;
    const name = cell(row, classColumn) || null;
    const places = [x1, y1, far.x, far.y];
    const hasBox = places.some((at) => cell(row, at) !== '');
    const mayLack = this.partlyLabelled === 'keep' && (name !== null || hasBox);
    if (name === null && !mayLack) return { problem: `${this.header[classColumn]} must name a class, got nothing` };
    if (mayLack && !hasBox) return { name, box: null, given: 'none' };
    const numbers = places.map((at) => this.number(cell(row, at)));
    const bad = numbers.indexOf(undefined);
    if (bad >= 0) {
      return { problem: `${this.header[places[bad]!]} must be a number, got ${show(cell(row, places[bad]))}` };
    }
    const [x, y, farX, farY] = numbers as [number, number, number, number];
    const box: Box = far.kind === 'corner' ? [x, y, farX, farY] : [x, y, x + farX, y + farY];
    const given = places.map((at) => cell(row, at)).join(', ');
    if (!(box[2] > box[0] && box[3] > box[1])) return { problem: `the box has no area: ${given}` };
    return { name, box, given };
  }
}

function cell({ cells }: CsvRow, at: number | undefined): string {
  return at === undefined ? '' : (cells[at] ?? '').trim();
}

/** Whether there are boxes, and none has a number outside [0, 1]. */
function areRelative(pictures: Iterable<CsvPicture>): boolean {
  let boxes = 0;
  for (const { objects } of pictures) {
    for (const { box } of objects) {
      if (!box) continue;
      if (!box.every((value) => value >= 0 && value <= 1)) return false;
      boxes++;
    }
  }
  return boxes > 0;
}
