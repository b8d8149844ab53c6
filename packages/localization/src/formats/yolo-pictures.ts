/** Which pictures a YOLO folder has, and of which split they are. */
import { posix } from 'node:path';
import { isPictureName, listFiles, listFolder, readText, textLines, unsafeName } from '../files.js';
import type { DataYaml } from './data-yaml.js';
import { show } from './fields.js';
import { SPLIT_FOLDERS, SplitLists, splitInName, splitName } from './split-names.js';

export interface YoloPictures {
  /** Paths relative to the folder, each once. Those from lists may be unfit. */
  readonly paths: readonly string[];
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly notices: readonly string[];
}

/** What `data.yaml` says, as far as it is inside the folder; else what the names of the folders say. */
export async function findYoloPictures(root: string, yaml: DataYaml | undefined): Promise<YoloPictures> {
  const notices: string[] = [];
  const paths = new Set<string>();
  const splits = new SplitLists();
  const enter = (path: string, split: string | undefined) => {
    paths.add(path);
    if (split !== undefined) splits.add(split, path);
  };
  for (const [split, places] of yaml?.splits ?? []) {
    for (const place of places) {
      const found = await picturesAt(root, place, yaml?.path);
      if (found.length === 0)
        notices.push(`${yaml?.file}: ${split} ${show(place)} has no pictures in this folder: left out`);
      for (const path of found) enter(path, split);
    }
  }
  if (paths.size > 0) return { paths: [...paths], lists: splits.lists, notices };

  for (const path of await listFiles(root, 'images', isPictureName)) {
    // images/train/a.jpg, images/val2017/b.jpg
    const [, folder, ...rest] = path.split('/');
    enter(path, rest.length > 0 ? splitInName(folder!) : undefined);
  }
  for (const folder of SPLIT_FOLDERS) {
    for (const path of await listFiles(root, folder, isPictureName)) enter(path, splitName(folder));
  }
  // Labels beside their pictures, all in one place.
  if (paths.size === 0) for (const path of await listFiles(root, '.', isPictureName)) enter(path, undefined);
  return { paths: [...paths], lists: splits.lists, notices };
}

/** Folders of one split each hold labels/, or there is labels/ in the folder itself, or labels stand beside their pictures. */
export async function hasYoloLabels(root: string): Promise<boolean> {
  for (const folder of ['labels', ...SPLIT_FOLDERS.map((name) => `${name}/labels`)]) {
    if ((await listFolder(root, folder)).length > 0) return true;
  }
  const names = new Set(await listFolder(root));
  return [...names].some((name) => isPictureName(name) && names.has(`${posix.parse(name).name}.txt`));
}

/** The pictures of a folder, or those that a list of paths names. */
async function picturesAt(root: string, place: string, base: string | undefined): Promise<string[]> {
  for (const name of readings(place, base)) {
    if (!name.endsWith('.txt')) {
      const found = await listFiles(root, name, isPictureName);
      if (found.length > 0) return found;
      continue;
    }
    const text = await readText(root, name).catch(() => undefined);
    if (text !== undefined) return textLines(text).map((line) => tidy(line));
  }
  return [];
}

/**
 * What a path in `data.yaml` may mean inside the folder. Its base is often that of another machine, and exporters write
 * `../train/images` for what lies in the very folder.
 */
function readings(place: string, base: string | undefined): string[] {
  const written = tidy(place);
  const inside = written.replace(/^(\.\.\/)+/, '');
  const withBase = base === undefined ? [] : [posix.join(tidy(base), written)];
  return [written, ...withBase, inside].filter((name) => !unsafeName(name));
}

function tidy(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
}
