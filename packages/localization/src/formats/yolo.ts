/** YOLO: pictures under images/, a text file for each under labels/; `data.yaml` or classes.txt names the classes. */
import { mapLimited, PARALLEL, readText, unsafeName } from '../files.js';
import { type Annotated, type AnnotatedSet, largestObject, type PartlyLabelled, reasonOf } from './annotated-set.js';
import { readClassList } from './class-list.js';
import { findDataYaml, readDataYaml } from './data-yaml.js';
import { type LabelOptions, parseLabels } from './yolo-label.js';
import { findYoloPictures, hasYoloLabels } from './yolo-pictures.js';

const MAX_LABEL_BYTES = 2 ** 20;

export async function isYolo(root: string): Promise<boolean> {
  return (await hasYoloLabels(root)) || (await findDataYaml(root)) !== undefined;
}

/** Numbers are in units of the picture, so the boxes are too. A polygon counts as the box around it. */
export async function readYolo(root: string, partlyLabelled: PartlyLabelled = 'drop'): Promise<AnnotatedSet> {
  const yaml = await readDataYaml(root);
  const { paths, lists, notices } = await findYoloPictures(root, yaml);
  if (paths.length === 0) throw new Error('there are no pictures: expected YOLO, images/ beside labels/');
  const named = yaml?.names ?? (await classFile(root));
  const options = { classes: named, isPose: yaml?.isPose ?? false, partlyLabelled };
  const read = await mapLimited(paths, PARALLEL, (path) => readPicture(root, path, options));
  if (read.every((picture) => picture instanceof NoLabelError)) {
    throw new Error(
      `there are no boxes: none of ${paths.length} pictures has a label file, such as ${labelFiles(paths[0]!)[0]}`,
    );
  }
  const pictures = new Map(paths.map((path, index) => [path, read[index]!]));
  return {
    format: 'yolo',
    pictures,
    classes: named ?? numbersOf(read),
    lists,
    notices: named
      ? notices
      : [...notices, 'no data.yaml or classes.txt names the classes: they are called by their numbers'],
  };
}

class NoLabelError extends Error {}

async function readPicture(root: string, path: string, options: LabelOptions): Promise<Annotated> {
  const unsafe = unsafeName(path);
  if (unsafe) return new Error(`refused: ${unsafe}`);
  for (const file of labelFiles(path)) {
    try {
      const text = await readText(root, file, MAX_LABEL_BYTES);
      if (text !== undefined) return { files: [path], unit: 'picture', objects: parseLabels(text, options) };
    } catch (error) {
      return new Error(`${file}: ${reasonOf(error)}`);
    }
  }
  return new NoLabelError(`there is no label file ${labelFiles(path)[0]}`);
}

/** The last "images" on the way is "labels"; or they stand beside the picture. */
function labelFiles(path: string): string[] {
  const beside = path.replace(/\.[^./]+$/, '.txt');
  const inLabels = beside.replace(/(^|\/)images\/(?!.*(?:^|\/)images\/)/, '$1labels/');
  return inLabels === beside ? [beside] : [inLabels, beside];
}

async function classFile(root: string): Promise<readonly string[] | undefined> {
  for (const file of ['classes.txt', 'labels/classes.txt', 'obj.names']) {
    const names = await readClassList(root, file);
    if (names) return names;
  }
  return undefined;
}

function numbersOf(read: readonly Annotated[]): readonly string[] {
  const names = read.flatMap((picture) => (picture instanceof Error ? [] : (largestObject(picture)?.name ?? [])));
  return [...new Set(names)].sort((a, b) => Number(a) - Number(b));
}
