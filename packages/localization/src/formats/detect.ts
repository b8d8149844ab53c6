/** Which format a folder has. */
import { listFolder } from '../files.js';
import { type AnnotatedSet, FORMATS, type FormatName, type PartlyLabelled } from './annotated-set.js';
import { isCoco, readCoco } from './coco.js';
import { isCsv, readCsv } from './csv.js';
import { isVoc, readVoc } from './voc.js';
import { isYolo, readYolo } from './yolo.js';

interface Format {
  readonly expected: string;
  /** Looks for what only this format has. */
  readonly isThere: (root: string) => Promise<boolean>;
  readonly read: (root: string, partlyLabelled?: PartlyLabelled) => Promise<AnnotatedSet>;
}

const READERS: Readonly<Record<FormatName, Format>> = {
  voc: { expected: 'Pascal VOC (Annotations/*.xml beside JPEGImages/)', isThere: isVoc, read: readVoc },
  coco: { expected: 'COCO (annotations/*.json)', isThere: isCoco, read: readCoco },
  yolo: { expected: 'YOLO (labels/*.txt beside images/)', isThere: isYolo, read: readYolo },
  csv: { expected: 'CSV (*.csv)', isThere: isCsv, read: readCsv },
};

/**
 * @param root real path of the folder.
 * @param format default: the first that is there of VOC, COCO and YOLO, with a notice if there are several; else CSV, for
 * tables of other things lie beside pictures of any format.
 * @param partlyLabelled default `drop`: an object without a class or without a box is an error of its picture.
 * @throws Error if there is none, or it cannot be read.
 */
export async function readAnnotations(
  root: string,
  format?: FormatName,
  partlyLabelled?: PartlyLabelled,
): Promise<AnnotatedSet> {
  if (format !== undefined) {
    if (Object.hasOwn(READERS, format)) return READERS[format].read(root, partlyLabelled);
    throw new Error(`"format" must be one of ${FORMATS.join(', ')}, got ${JSON.stringify(format)}`);
  }
  const there: FormatName[] = [];
  for (const name of ['voc', 'coco', 'yolo'] as const) if (await READERS[name].isThere(root)) there.push(name);
  if (there.length === 0 && (await READERS.csv.isThere(root))) there.push('csv');
  const [first, ...others] = there;
  if (first === undefined) {
    const found = (await listFolder(root)).length === 0 ? 'the folder is empty' : 'there are no boxes';
    throw new Error(`${found}: expected ${FORMATS.map((name) => READERS[name].expected).join(', ')}`);
  }
  const set = await READERS[first].read(root, partlyLabelled);
  if (others.length === 0) return set;
  return {
    ...set,
    notices: [`read as ${first}; there is also ${others.join(' and ')}: say the format to have that`, ...set.notices],
  };
}
