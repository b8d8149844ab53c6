/** Pascal VOC: Annotations/*.xml, JPEGImages/, ImageSets/Main/*.txt and an optional classes.txt. */
import { listFolder, mapLimited, PARALLEL, readText, textLines, unsafeName, withPictureEndings } from '../files.js';
import {
  type Annotated,
  type AnnotatedPicture,
  type AnnotatedSet,
  type PartlyLabelled,
  reasonOf,
} from './annotated-set.js';
import { readClassList } from './class-list.js';
import { parseAnnotation } from './voc-annotation.js';

const LISTS = 'ImageSets/Main';
const MAX_XML_BYTES = 2 ** 20;

export async function isVoc(root: string): Promise<boolean> {
  return (await listFolder(root, 'Annotations')).some((name) => name.endsWith('.xml'));
}

/**
 * VOC counts pixels from 1 and includes the last one, so `(xmin, ymin, xmax, ymax)` becomes the continuous
 * `[xmin - 1, ymin - 1, xmax, ymax]`, and `xmax = width` touches the right edge.
 */
export async function readVoc(root: string, partlyLabelled: PartlyLabelled = 'drop'): Promise<AnnotatedSet> {
  const files = (await listFolder(root, 'Annotations')).filter((name) => name.endsWith('.xml'));
  if (files.length === 0) throw new Error('there are no boxes: expected Annotations/*.xml');
  const parsed = await mapLimited(files, PARALLEL, async (file): Promise<Annotated> => {
    try {
      return pictureOf(
        file.slice(0, -'.xml'.length),
        (await readText(root, `Annotations/${file}`, MAX_XML_BYTES)) ?? '',
        partlyLabelled,
      );
    } catch (error) {
      return new Error(`Annotations/${file}: ${reasonOf(error)}`);
    }
  });
  const pictures = new Map(files.map((file, index) => [file.slice(0, -'.xml'.length), parsed[index]!]));
  const lists = await readLists(root, new Set(pictures.keys()));
  for (const id of [...lists.values()].flat()) {
    if (pictures.has(id)) continue;
    const unsafe = unsafeName(id);
    pictures.set(id, new Error(unsafe ? `refused: ${unsafe}` : `there is no Annotations/${id}.xml`));
  }
  return { format: 'voc', pictures, classes: await readClassList(root, 'classes.txt'), lists, notices: [] };
}

function pictureOf(id: string, xml: string, partlyLabelled: PartlyLabelled): AnnotatedPicture {
  const { filename, size, objects } = parseAnnotation(xml, partlyLabelled);
  return {
    name: filename,
    files: [...(filename === undefined ? [] : [filename]), ...withPictureEndings(id)].map(
      (name) => `JPEGImages/${name}`,
    ),
    size,
    unit: 'pixels',
    objects: objects.map(({ name, box }) => {
      if (box === null) return { name, box, given: 'none' };
      const { xmin, ymin, xmax, ymax } = box;
      return { name, box: [xmin - 1, ymin - 1, xmax, ymax], given: `${xmin}, ${ymin}, ${xmax}, ${ymax}` };
    }),
  };
}

async function readLists(root: string, known: ReadonlySet<string>): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  for (const file of (await listFolder(root, LISTS)).filter((name) => name.endsWith('.txt'))) {
    const lines = textLines((await readText(root, `${LISTS}/${file}`)) ?? '');
    lists.set(
      file.slice(0, -'.txt'.length),
      lines.flatMap((line) => selectedId(line, known) ?? []),
    );
  }
  return lists;
}

/** Class-wise lists of the VOC challenge have a flag after the id: 1 and 0 (difficult) are in, -1 is out. */
function selectedId(line: string, known: ReadonlySet<string>): string | undefined {
  const flagged = /^(\S+)\s+(-1|0|1)$/.exec(line);
  if (!flagged || known.has(line)) return line;
  return flagged[2] === '-1' ? undefined : flagged[1];
}
