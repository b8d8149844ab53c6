/** COCO: JSON files in the folder or in annotations/, pictures under images/, the split's folder or beside the file. */
import { posix } from 'node:path';
import { listFolder, pathInside, unsafeName } from '../files.js';
import { type Annotated, type AnnotatedSet, type PartlyLabelled, reasonOf } from './annotated-set.js';
import { type CocoDocument, type CocoImage, cocoReader, parseCoco } from './coco-document.js';
import { show } from './fields.js';
import { SPLIT_FOLDERS, SplitLists, splitInName, splitName } from './split-names.js';
import { textPieces } from './text-pieces.js';

/** That of COCO has 450 MB, that of LVIS 1.1 GB; what is kept of a file has its own limit. */
const MAX_BYTES = 4 * 2 ** 30;

export async function isCoco(root: string): Promise<boolean> {
  for (const file of await candidates(root)) {
    if (isInstances(file) || (await isCocoFile(root, file).catch(() => false))) return true;
  }
  return false;
}

/** `train` and `val` go by the names of the files: instances_train2017.json and instances_val2017.json, or the folders they lie in. */
export async function readCoco(root: string, partlyLabelled: PartlyLabelled = 'drop'): Promise<AnnotatedSet> {
  const documents: { file: string; document: CocoDocument }[] = [];
  const skipped: string[] = [];
  const all = await candidates(root);
  // Beside them there are captions and key points of the same pictures.
  const files = all.some(isInstances) ? all.filter(isInstances) : all;
  for (const file of files) {
    if (files.length > 1 && !isInstances(file) && !(await isCocoFile(root, file))) {
      skipped.push(`${file} is not COCO: left out`);
      continue;
    }
    documents.push({ file, document: await readDocument(root, file, partlyLabelled) });
  }
  if (documents.length === 0) {
    throw new Error('there are no boxes: expected a COCO file, annotations/instances_*.json or *.json in the folder');
  }
  const notices = [
    ...skipped,
    ...documents.flatMap(({ file, document }) => document.notices.map((notice) => `${file}: ${notice}`)),
  ];
  return merge(root, documents, notices);
}

async function readDocument(root: string, file: string, partlyLabelled: PartlyLabelled): Promise<CocoDocument> {
  const naming = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new Error(`${file}: ${reasonOf(error)}`, { cause: error });
    }
  };
  const reader = cocoReader();
  for await (const piece of textPieces(root, file, MAX_BYTES)) naming(() => reader.write(piece));
  return naming(() => parseCoco(reader.end(), partlyLabelled));
}

/** Are its lists there? Also where it is not JSON: then that is what needs to be told. */
async function isCocoFile(root: string, file: string): Promise<boolean> {
  const missing = new Set([/"images"\s*:\s*\[/, /"annotations"\s*:\s*\[/]);
  let end = '';
  for await (const piece of textPieces(root, file, MAX_BYTES)) {
    const text = end + Buffer.from(piece).toString('latin1');
    for (const pattern of missing) if (pattern.test(text)) missing.delete(pattern);
    if (missing.size === 0) return true;
    // The name of a list may be cut.
    end = text.slice(-64);
  }
  return false;
}

/** *.json in the folder, in annotations/ and in the folders of splits, in this order. */
async function candidates(root: string): Promise<string[]> {
  const folders = ['.', 'annotations', ...SPLIT_FOLDERS];
  const names = await Promise.all(folders.map((folder) => listFolder(root, folder)));
  return folders.flatMap((folder, at) => {
    return names[at]!.filter((name) => name.endsWith('.json')).map((name) => posix.join(folder, name));
  });
}

function isInstances(file: string): boolean {
  return /(^|\/)(instances[^/]*|_annotations\.coco)\.json$/.test(file);
}

async function merge(
  root: string,
  documents: readonly { file: string; document: CocoDocument }[],
  notices: string[],
): Promise<AnnotatedSet> {
  const pictures = new Map<string, Annotated>();
  const splits = new SplitLists();
  const inFile = new Map<string, { file: string; path: string | undefined }>();
  for (const { file, document } of documents) {
    const folder = posix.dirname(file);
    const split = splitInName(posix.basename(file, '.json')) ?? splitOfFolder(folder);
    for (const image of document.images) {
      const name = image.fileName.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
      const files = pathsOf(name, folder, posix.basename(file, '.json'), split);
      let id = name;
      const earlier = inFile.get(id);
      if (earlier) {
        if (earlier.file === file) {
          notices.push(`${file}: two images have the file name ${show(name)}: the first is taken`);
          continue;
        }
        // One name in two files: one picture that is listed twice, or two in the folders of their splits.
        const path = await firstThere(root, files);
        if (path !== earlier.path) id = `${posix.basename(file, '.json')}/${name}`;
      } else {
        inFile.set(id, { file, path: documents.length > 1 ? await firstThere(root, files) : undefined });
      }
      if (!pictures.has(id)) pictures.set(id, pictureOf(image, name, files));
      if (split !== undefined) splits.add(split, id);
    }
  }
  return {
    format: 'coco',
    pictures,
    classes: classesOf(documents.map(({ document }) => document)),
    lists: splits.lists,
    notices,
  };
}

function pictureOf({ size, objects }: CocoImage, name: string, files: readonly string[]) {
  return objects instanceof Error ? objects : { name, files, size, unit: 'pixels' as const, objects };
}

/** Several files may have their own numbers; the names count. Those of the first file come first. */
function classesOf(documents: readonly CocoDocument[]): readonly string[] | undefined {
  const names = new Set(documents.flatMap(({ categories }) => [...categories.values()]));
  return names.size > 0 ? [...names] : undefined;
}

function splitOfFolder(folder: string): string | undefined {
  return (SPLIT_FOLDERS as readonly string[]).includes(folder) ? splitName(folder) : undefined;
}

/** instances_val2017.json: images/val2017, val2017, images, the folder itself, and the one that the file lies in. */
function pathsOf(name: string, folder: string, stem: string, split: string | undefined): string[] {
  const own = stem.replace(/^instances_/, '');
  const splits = split === undefined ? [] : SPLIT_FOLDERS.filter((word) => splitName(word) === split);
  const inSplits = [own, ...splits].flatMap((place) => [posix.join('images', place), place]);
  return [...new Set([folder, ...inSplits, 'images', 'JPEGImages', '.'])].map((place) =>
    place === '.' ? name : `${place}/${name}`,
  );
}

async function firstThere(root: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    if (unsafeName(file)) continue;
    const path = await pathInside(root, file).catch(() => undefined);
    if (path !== undefined) return path;
  }
  return undefined;
}
