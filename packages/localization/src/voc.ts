/** Reader of Pascal VOC folders: Annotations/*.xml, JPEGImages/, ImageSets/Main/*.txt and an optional classes.txt. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CACHE_BYTES, PictureCache } from './cache.js';
import { checkInteger, itemAt, type LocalizationDataset, type LocalizationItem, type RejectedItem } from './dataset.js';
import { mapLimited, readText, unsafeName } from './files.js';
import { decodePicture, readPictureFile } from './images.js';
import { parseAnnotation, type VocAnnotation } from './voc-annotation.js';
import { resolveClasses } from './voc-classes.js';
import { type CheckedItem, checkItem, largestObject } from './voc-item.js';
import { listFolder, readSplitLists, splitItems } from './voc-splits.js';

export interface VocOptions {
  /** Name of a list in ImageSets/Main without ".txt"; `train` and `val` always work. Default: every annotated item. */
  split?: string;
  /** Class names in the order of the labels, as of a trained model. Default: classes.txt, else those found, sorted. */
  classes?: readonly string[];
  /** Draws `train` and `val` where the folder has no lists. Default 0. */
  seed?: number;
  /** The size that `load` will be called with: the decoding that checks each picture then fills the cache. */
  imageSize?: number;
  /** Memory for decoded pictures, in bytes; what does not fit is decoded anew each time. Default 512 MiB. */
  cacheBytes?: number;
  /** Called with every notice and, as "item: reason", every rejected item, as soon as it is known. */
  onNotice?: (notice: string) => void;
}

/** Pictures that are read and decoded at a time: libuv has four threads. */
const PARALLEL = 4;
/** Side that pictures are decoded to for checking when the size of training is not known. */
const CHECK_SIZE = 16;

type Parsed = VocAnnotation | Error;

/**
 * Reads a Pascal VOC folder with one object per picture; of several objects the largest is taken, with a notice.
 *
 * Coordinates: VOC counts pixels from 1 and includes the last one, so `(xmin, ymin, xmax, ymax)` becomes the continuous
 * `[xmin - 1, ymin - 1, xmax, ymax]` and `xmax = width` touches the right edge. Boxes that stick out are clipped, with a notice.
 * Boxes belong to the upright picture (EXIF orientation applied), unless `<size>` is that of the picture as stored and not of
 * the upright one: then they are turned. If `<size>` is a multiple of the real size, they are rescaled.
 *
 * Every picture is decoded once to find damaged files. Items that cannot be used are listed in `rejected`; the rest loads.
 * Nothing outside the folder is read, also through links.
 * @throws Error if the folder as a whole cannot be used: not VOC, no boxes, an unknown split or class, no usable item.
 */
export async function readVoc(dir: string, options: VocOptions = {}): Promise<LocalizationDataset> {
  const { split, seed = 0, imageSize, cacheBytes = DEFAULT_CACHE_BYTES, onNotice } = options;
  if (imageSize !== undefined) checkInteger('imageSize', imageSize, 1, 8192);
  const cache = new PictureCache(cacheBytes);
  const root = await openFolder(dir);
  try {
    const annotations = await readAnnotations(root);
    const classes = await resolveClasses(root, options.classes, [...annotations.values()].filter(isAnnotation));
    const lists = await readSplitLists(root);
    const selected = splitItems([...annotations.keys()], lists, split, seed);

    const notices: string[] = [];
    const note = (notice: string) => {
      notices.push(notice);
      onNotice?.(notice);
    };
    classes.notices.forEach(note);
    selected.notices.forEach(note);

    const checked = await mapLimited(selected.ids, PARALLEL, async (id): Promise<CheckedItem | RejectedItem> => {
      try {
        const unsafe = unsafeName(id);
        if (unsafe) throw new Error(`refused: ${unsafe}`);
        const annotation = annotations.get(id);
        if (!annotation) throw new Error(`there is no Annotations/${id}.xml`);
        if (annotation instanceof Error) throw annotation;
        return await checkItem(root, id, annotation, classes.names, imageSize ?? CHECK_SIZE);
      } catch (error) {
        return { item: id, reason: error instanceof Error ? error.message : String(error) };
      }
    });

    const items: LocalizationItem[] = [];
    const files: string[] = [];
    const rejected: RejectedItem[] = [];
    for (const result of checked) {
      if ('reason' in result) {
        rejected.push(result);
        onNotice?.(`${result.item}: ${result.reason}`);
        continue;
      }
      if (imageSize !== undefined) cache.add(items.length, imageSize, result.pixels);
      items.push(result.item);
      files.push(result.file);
      result.notices.forEach((notice) => {
        note(`${result.item.id}: ${notice}`);
      });
    }
    if (items.length === 0) throw new Error(nothingLeft(rejected));
    const load = async (index: number, size: number) => {
      const { id } = itemAt(items, index);
      const kept = cache.get(index, checkInteger('size', size, 1, 8192));
      if (kept) return kept;
      try {
        const pixels = await decodePicture(await readPictureFile(files[index]!), size, size);
        cache.add(index, size, pixels);
        return pixels;
      } catch (error) {
        throw new Error(`item ${JSON.stringify(id)}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    };
    return { classes: classes.names, items, notices, rejected, load };
  } catch (error) {
    throw new Error(`data set ${dir}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function openFolder(dir: string): Promise<string> {
  try {
    return await realpath(dir);
  } catch (error) {
    throw new Error(`data set ${dir}: there is no such folder`, { cause: error });
  }
}

/** All annotations of the folder by id, sorted; what cannot be parsed is kept as the error. */
async function readAnnotations(root: string): Promise<Map<string, Parsed>> {
  const files = (await listFolder(join(root, 'Annotations'))).filter((name) => name.endsWith('.xml'));
  if (files.length === 0) {
    const found = (await listFolder(root)).length === 0 ? 'the folder is empty' : 'there are no boxes';
    throw new Error(`${found}: expected Pascal VOC, Annotations/*.xml beside JPEGImages/`);
  }
  const parsed = await mapLimited(files, PARALLEL, async (file): Promise<Parsed> => {
    try {
      return parseAnnotation((await readText(root, 'Annotations', file)) ?? '');
    } catch (error) {
      return new Error(`Annotations/${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  if (parsed.every((annotation) => isAnnotation(annotation) && !largestObject(annotation))) {
    throw new Error(`there are no boxes: none of the ${files.length} files in Annotations has an <object>`);
  }
  return new Map(files.map((file, index) => [file.slice(0, -'.xml'.length), parsed[index]!]));
}

function isAnnotation(parsed: Parsed): parsed is VocAnnotation {
  return !(parsed instanceof Error);
}

function nothingLeft(rejected: readonly RejectedItem[]): string {
  const [first] = rejected;
  if (!first) return 'no item is left';
  return `none of ${rejected.length} items can be used; the first, ${JSON.stringify(first.item)}: ${first.reason}`;
}
