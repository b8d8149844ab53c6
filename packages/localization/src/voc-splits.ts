/** Which items of a Pascal VOC folder belong to a split. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@counterpoise/nn';
import { isCode, readText, textLines } from './files.js';

/** The share of items that become `val` where the folder does not say. */
export const VAL_FRACTION = 0.2;

export interface SplitItems {
  /** In the order of the list, or sorted; each once. */
  readonly ids: readonly string[];
  readonly notices: readonly string[];
}

/** The lists `ImageSets/Main/*.txt` by name; empty if there are none. */
export async function readSplitLists(root: string): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  for (const file of (await listFolder(join(root, 'ImageSets', 'Main'))).filter((name) => name.endsWith('.txt'))) {
    const name = file.slice(0, -'.txt'.length);
    lists.set(name, textLines((await readText(root, 'ImageSets', 'Main', file)) ?? ''));
  }
  return lists;
}

/**
 * The items of `split`: those of its list where there is one. For `train` and `val`: if only the other one has a list, every
 * annotated item that it leaves out; if neither has, the items are drawn by `seed`, 20 % of them (at least one of two) for `val`.
 * Without a split: every annotated item, and what `train`, `val`, `trainval` and `test` list besides, so that a listed
 * item without annotation is reported.
 * @param annotated ids that have an annotation, sorted.
 * @throws Error if `split` is not the name of a list, or is empty.
 */
export function splitItems(
  annotated: readonly string[],
  lists: ReadonlyMap<string, string[]>,
  split: string | undefined,
  seed: number,
): SplitItems {
  const notices: string[] = [];
  const known = new Set(annotated);
  const train = lists.get('train');
  const val = lists.get('val');
  if (train && val) {
    const inTrain = new Set(train);
    const leaked = [...new Set(val)].filter((id) => inTrain.has(id));
    if (leaked.length > 0) notices.push(`${count(leaked)} in both train.txt and val.txt: validation is too kind`);
  }
  const finish = (ids: readonly string[]) => ({ ids: [...new Set(ids)], notices });

  if (split === undefined) {
    const listed = ['train', 'val', 'trainval', 'test'].flatMap((name) => lists.get(name) ?? []);
    for (const name of ['train', 'val', 'trainval', 'test']) noteRepeats(name, lists.get(name) ?? [], notices);
    return finish([...annotated, ...listed]);
  }
  const list = lists.get(split);
  if (list) {
    const ids = list.map((line) => selectedId(line, known)).filter((id) => id !== undefined);
    if (ids.length === 0)
      throw new Error(`split ${JSON.stringify(split)} is empty: ImageSets/Main/${split}.txt lists no item`);
    noteRepeats(split, ids, notices);
    return finish(ids);
  }
  if (split !== 'train' && split !== 'val') {
    const names = [...new Set(['train', 'val', ...lists.keys()])].sort();
    throw new Error(`"split" must be one of ${names.join(', ')}, got ${JSON.stringify(split)}`);
  }
  const otherName = train ? 'train' : 'val';
  const other = lists.get(otherName);
  if (other) {
    const listed = new Set(other);
    const rest = annotated.filter((id) => !listed.has(id));
    if (rest.length > 0) return finish(rest);
    throw new Error(
      `split ${JSON.stringify(split)} is empty: ${otherName}.txt lists every annotated item and there is no ${split}.txt ` +
        `(write one, or remove ${otherName}.txt to have the items drawn)`,
    );
  }
  const drawn = drawSplit(annotated, seed)[split];
  notices.push(`no lists in ImageSets/Main: ${drawn.length} of ${annotated.length} items drawn for ${split}`);
  return finish(drawn);
}

function drawSplit(ids: readonly string[], seed: number): { train: string[]; val: string[] } {
  const valCount = ids.length < 2 ? 0 : Math.max(1, Math.round(ids.length * VAL_FRACTION));
  const order = new Random(seed).fork('split').permutation(ids.length);
  const inVal = new Set(order.subarray(0, valCount));
  return {
    train: ids.filter((_, index) => !inVal.has(index)),
    val: ids.filter((_, index) => inVal.has(index)),
  };
}

/** Class-wise lists of the VOC challenge have a flag after the id: 1 and 0 (difficult) are in, -1 is out. */
function selectedId(line: string, known: ReadonlySet<string>): string | undefined {
  const flagged = /^(\S+)\s+(-1|0|1)$/.exec(line);
  if (!flagged || known.has(line)) return line;
  return flagged[2] === '-1' ? undefined : flagged[1];
}

function noteRepeats(split: string, ids: readonly string[], notices: string[]): void {
  const seen = new Set<string>();
  const repeated = new Set(ids.filter((id) => seen.has(id) || !seen.add(id)));
  if (repeated.size > 0) notices.push(`${count([...repeated])} more than once in ${split}.txt: used once`);
}

function count(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map((id) => JSON.stringify(id));
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return `${shown.join(', ')}${more} listed`;
}

/** Names in a folder in code-unit order, which no locale changes; empty if there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}
