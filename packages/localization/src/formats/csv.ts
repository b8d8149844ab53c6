/** CSV: a row per object, found by the names in the header. */
import { posix } from 'node:path';
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
import { type CsvFile, parseCsvFile, RowProblems } from './csv-file.js';
import { SPLIT_FOLDERS, SplitLists, splitInName, splitName } from './split-names.js';

const MAX_BYTES = 64 * 2 ** 20;

export async function isCsv(root: string): Promise<boolean> {
  return (await candidates(root)).length > 0;
}

/** Splits go by the column `split`, else by the names of the files and folders: train.csv, val.csv. */
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
  if (files.every(({ pictures, unnamed }) => pictures.size + unnamed.length === 0)) {
    throw new Error(`${files[0]!.file}: no images: there is no row below the header`);
  }
  const set = new PictureCollector();
  const notices = problems.map((problem) => `${problem}: left out`);
  for (const file of files) {
    if (file.unit === 'picture')
      notices.push(`${file.file}: no number is above 1, so they are taken as units of the picture`);
    const split = splitInName(posix.basename(file.file, '.csv')) ?? splitInName(posix.dirname(file.file));
    set.add(file, split);
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

/** Gathers what the files say of each picture. */
class PictureCollector {
  readonly splits = new SplitLists();
  readonly #pictures = new Map<string, AnnotatedPicture & { objects: AnnotatedObject[] }>();
  readonly #problems = new Map<string, RowProblems>();

  add({ file, unit, pictures, unnamed }: CsvFile, fileSplit: string | undefined): void {
    for (const line of unnamed) this.#problemsOf(`${file} line ${line}`).add('no picture is named');
    for (const [name, { splits, size, objects, problems }] of pictures) {
      const ofSplits = [...splits].flatMap((split) => split ?? fileSplit ?? []);
      for (const split of ofSplits) this.splits.add(split, name);
      if (problems.text !== undefined) this.#problemsOf(name).addAll(problems);
      const earlier = this.#pictures.get(name);
      if (earlier) for (const object of objects) earlier.objects.push(object);
      else if (objects.length > 0) {
        const files = pathsOf(name, posix.dirname(file), ofSplits[0]);
        this.#pictures.set(name, { name, files, size, unit, objects });
      }
    }
  }

  /** A picture with a row that cannot be read is refused: that row might be of its largest object. */
  pictures(): Map<string, Annotated> {
    const pictures = new Map<string, Annotated>(this.#pictures);
    for (const [name, problems] of this.#problems) pictures.set(name, new Error(problems.text));
    return pictures;
  }

  #problemsOf(name: string): RowProblems {
    const problems = this.#problems.get(name) ?? new RowProblems();
    this.#problems.set(name, problems);
    return problems;
  }
}

/** As it says, from the folder or from the file's own; under the usual folders; an id without an ending with one. */
function pathsOf(name: string, folder: string, split: string | undefined): string[] {
  const splits = split === undefined ? [] : SPLIT_FOLDERS.filter((word) => splitName(word) === split);
  const places = [folder, '.', 'images', 'JPEGImages', ...splits.flatMap((place) => [place, `images/${place}`])];
  const names = isPictureName(name) ? [name] : [name, ...withPictureEndings(name)];
  return [...new Set(places)].flatMap((place) => names.map((one) => (place === '.' ? one : `${place}/${one}`)));
}
