/** A folder of annotated pictures as a data set, whatever its format. */
import { realpath } from 'node:fs/promises';
import { oneLine } from '@counterpoise/training';
import { DEFAULT_CACHE_BYTES, PictureCache } from '../cache.js';
import {
  checkInteger,
  itemAt,
  type LocalizationDataset,
  type LocalizationItem,
  type RejectedItem,
} from '../dataset.js';
import { mapLimited, PARALLEL } from '../files.js';
import {
  type AnnotatedSet,
  type FormatName,
  largestObject,
  type PartlyLabelled,
  reasonOf,
} from '../formats/annotated-set.js';
import { resolveClasses } from '../formats/class-list.js';
import { readAnnotations } from '../formats/detect.js';
import { decodeSquare, readPictureFile } from '../images.js';
import type { Resize } from '../letterbox.js';
import { type CheckedItem, checkItem, type PictureSource } from './item.js';
import { type SplitOptions, splitItems } from './splits.js';

export interface LoadOptions extends SplitOptions {
  /** Class names in the order of the labels, as of a trained model. Default: the folder's own, else those found, sorted. */
  classes?: readonly string[] | undefined;
  /** The size that `load` will be called with: the decoding that checks each picture then fills the cache. */
  imageSize?: number | undefined;
  /**
   * How a picture becomes a square. Default stretch. With letterbox, which needs `imageSize`, every picture of the set is one
   * with bars: width, height and box of the items too.
   */
  resize?: Resize | undefined;
  /** Memory for decoded pictures, in bytes; what does not fit is decoded anew each time. Default 512 MiB. */
  cacheBytes?: number | undefined;
  /** Called with every notice and, as "item: reason", every rejected item, as soon as it is known. */
  onNotice?: ((notice: string) => void) | undefined;
}

export interface FolderOptions {
  /** Default: told by what is in the folder. */
  format?: FormatName | undefined;
  /** Pictures whose object has a class and no box, or a box and no class. Default `drop`: they are rejected. */
  partlyLabelled?: PartlyLabelled | undefined;
}

export interface DatasetOptions extends LoadOptions, FolderOptions {}

/** A folder whose annotations are read; its pictures are not opened yet. */
export interface DataFolder {
  /** As given by the user. */
  readonly path: string;
  /** Its real path. */
  readonly root: string;
  readonly set: AnnotatedSet;
}

/** Side that pictures are decoded to for checking when the size of training is not known. */
const CHECK_SIZE = 16;

/**
 * Reads a folder in Pascal VOC, COCO JSON, YOLO txt or CSV form, one object per picture; of several objects the largest is
 * taken, with a notice.
 *
 * Boxes come out in continuous pixels of the upright picture. Those that stick out are clipped, with a notice; if the annotated
 * size is a multiple of the real one, they are rescaled.
 *
 * Every picture is decoded once to find damaged files. Items that cannot be used are listed in `rejected`; the rest loads.
 * Nothing outside the folder is read, also through links.
 * @throws Error if the folder as a whole cannot be used: no known format, no boxes, an unknown split or class, no usable item.
 */
export async function readDataset(path: string, options: DatasetOptions = {}): Promise<LocalizationDataset> {
  return loadSplit(await openDataFolder(path, options), options);
}

/** Reads the annotations, for several calls of `loadSplit`. @throws Error if there is no folder, or no boxes in it. */
export async function openDataFolder(
  path: string,
  { format, partlyLabelled }: FolderOptions = {},
): Promise<DataFolder> {
  return naming(path, async () => {
    const root = await realpath(path).catch((error: unknown) => {
      throw new Error('there is no such folder', { cause: error });
    });
    const set = await readAnnotations(root, format, partlyLabelled);
    const { pictures } = set;
    if ([...pictures.values()].every((picture) => !(picture instanceof Error) && picture.objects.length === 0)) {
      throw new Error(`there are no boxes: none of the ${pictures.size} pictures has an object`);
    }
    return { path, root, set };
  });
}

/** @throws Error as `readDataset` does. */
export async function loadSplit(folder: DataFolder, options: LoadOptions = {}): Promise<LocalizationDataset> {
  const dataset = await checkSplit(folder, options);
  if (dataset.items.length > 0) return dataset;
  throw new Error(`data set ${folder.path}: ${nothingUsable(dataset.rejected)}`);
}

/** Why a split of rejected items alone cannot be loaded. */
export function nothingUsable(rejected: readonly RejectedItem[]): string {
  const [first] = rejected;
  if (!first) return 'no item is left';
  return `none of ${rejected.length} items can be used; the first, ${JSON.stringify(first.item)}: ${first.reason}`;
}

/** As `loadSplit`, also if nothing can be used: `items` is then empty. */
export async function checkSplit(folder: DataFolder, options: LoadOptions = {}): Promise<LocalizationDataset> {
  const { imageSize, resize = 'stretch', cacheBytes = DEFAULT_CACHE_BYTES, onNotice } = options;
  const { root, set } = folder;
  if (imageSize !== undefined) checkInteger('imageSize', imageSize, 1, 8192);
  else if (resize === 'letterbox') throw new RangeError('"resize" letterbox needs "imageSize", got none');
  const cache = new PictureCache(cacheBytes);
  return naming(folder.path, async () => {
    const classes = resolveClasses(options.classes, set.classes, foundClasses(set));
    const labels = new Map(classes.names.map((name, index) => [name, index]));
    const selected = splitItems(set, options);
    const notices = [...set.notices, ...classes.notices, ...selected.notices].map(oneLine);
    for (const notice of notices) onNotice?.(notice);

    const items: LocalizationItem[] = [];
    const sources: PictureSource[] = [];
    const rejected: RejectedItem[] = [];
    const check = async (id: string): Promise<CheckedItem | RejectedItem> => {
      try {
        const picture = set.pictures.get(id);
        if (!picture) throw new Error('there is no annotation of it');
        if (picture instanceof Error) throw picture;
        return await checkItem(root, id, picture, labels, imageSize ?? CHECK_SIZE, resize);
      } catch (error) {
        return { item: oneLine(id), reason: oneLine(reasonOf(error)) };
      }
    };
    const enter = (result: CheckedItem | RejectedItem) => {
      if ('reason' in result) {
        rejected.push(result);
        onNotice?.(`${result.item}: ${result.reason}`);
        return;
      }
      if (imageSize !== undefined) cache.add(items.length, imageSize, result.pixels);
      items.push(result.item);
      sources.push(result.picture);
      for (const said of result.notices) {
        const notice = oneLine(`${result.item.id}: ${said}`);
        notices.push(notice);
        onNotice?.(notice);
      }
    };
    // In portions, so that the pixels of pictures that the cache has no room for do not pile up.
    for (let at = 0; at < selected.ids.length; at += PORTION) {
      (await mapLimited(selected.ids.slice(at, at + PORTION), PARALLEL, check)).forEach(enter);
    }

    const load = async (index: number, size: number) => {
      const { id } = itemAt(items, index);
      const kept = cache.get(index, checkInteger('size', size, 1, 8192));
      if (kept) return kept;
      try {
        const source = sources[index]!;
        const pixels = await decodeSquare(await readPictureFile(source.file), source, size, resize);
        cache.add(index, size, pixels);
        return pixels;
      } catch (error) {
        throw new Error(`item ${JSON.stringify(id)}: ${reasonOf(error)}`, { cause: error });
      }
    };
    return { classes: classes.names, items, notices, rejected, load };
  });
}

const PORTION = 64;

function foundClasses({ pictures }: AnnotatedSet): Set<string> {
  const found = new Set<string>();
  for (const picture of pictures.values()) {
    const object = picture instanceof Error ? undefined : largestObject(picture);
    if (object?.name != null) found.add(object.name);
  }
  return found;
}

/** Says in every error which data set it is about. */
export async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`data set ${path}: ${oneLine(reasonOf(error))}`, { cause: error });
  }
}
