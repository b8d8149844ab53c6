/**
 * A thousand damaged copies of each kind of annotation file: whatever they hold, reading the folder gives a data set or a
 * one-line error in our words, in less than a second, and opens nothing outside the folder.
 */
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { Random } from '@counterpoise/nn';
import { oneLine } from '@counterpoise/training';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mutate } from '../testing/mutate.js';
import { cocoAnnotation, cocoJson, folderOf, PICTURE } from '../testing/picture-folder.js';
import { annotationXml, objectXml, type TestFolder } from '../testing/voc-folder.js';
import { openDataFolder, readDataset } from './read-dataset.js';
import { splitItems } from './splits.js';

/** Every path that was opened or listed. */
const opened = vi.hoisted(() => [] as string[]);
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const recorded = (name: 'readFile' | 'open' | 'readdir' | 'stat' | 'realpath') => {
    return (path: string, ...rest: unknown[]) => {
      opened.push(path);
      return (original[name] as (...args: unknown[]) => unknown)(path, ...rest);
    };
  };
  const names = ['readFile', 'open', 'readdir', 'stat', 'realpath'] as const;
  return { ...original, ...Object.fromEntries(names.map((name) => [name, recorded(name)])) };
});

const COPIES = 1000;
/** Pictures are decoded for one copy of so many: the others end at their annotations, which are what is damaged. */
const DECODED = 50;

const LABEL = '1 0.5 0.5 0.25 0.5\n0 0.1 0.1 0.5 0.1 0.5 0.6\n';
const PICTURES = { 'images/a.jpg': PICTURE, 'images/b.jpg': PICTURE };
const CASES: Record<string, { files: Record<string, string>; damaged: string }> = {
  'VOC XML': {
    files: {
      'JPEGImages/a.jpg': PICTURE,
      'Annotations/a.xml': annotationXml({
        filename: 'a.jpg',
        objects: [objectXml(), objectXml('R&amp;D', [1, 1, 9, 9])],
      }),
    },
    damaged: 'Annotations/a.xml',
  },
  'VOC list': {
    files: {
      'JPEGImages/a.jpg': PICTURE,
      'Annotations/a.xml': annotationXml({ filename: 'a.jpg' }),
      'ImageSets/Main/train.txt': 'a\nb 1\nc\n',
    },
    damaged: 'ImageSets/Main/train.txt',
  },
  'COCO JSON': {
    files: {
      ...PICTURES,
      'annotations/instances_train.json': cocoJson({
        images: [
          { id: 1, file_name: 'a.jpg', width: 40, height: 30 },
          { id: 2, file_name: 'b.jpg' },
        ],
        annotations: [cocoAnnotation(), cocoAnnotation({ id: 2, image_id: 2, iscrowd: 1 })],
      }),
    },
    damaged: 'annotations/instances_train.json',
  },
  'YOLO label': {
    files: { ...PICTURES, 'labels/a.txt': LABEL, 'labels/b.txt': LABEL, 'classes.txt': 'card\nking\n' },
    damaged: 'labels/a.txt',
  },
  'data.yaml': {
    files: {
      ...PICTURES,
      'labels/a.txt': LABEL,
      'data.yaml':
        '# set\npath: .\ntrain: images\nval: [images, \'../images\']\nnc: 2\nnames:\n  0: card # a\n  1: "king"\nother: {a: [b]}\n',
    },
    damaged: 'data.yaml',
  },
  CSV: {
    files: {
      ...PICTURES,
      'boxes.csv':
        'path,class,xmin,ymin,xmax,ymax,split\nimages/a.jpg,card,1,2,9,9,train\n"images/b.jpg","a, b",1,2,9.5,9,val\n',
    },
    damaged: 'boxes.csv',
  },
};

/** Kinds of errors that JavaScript throws where a program has a mistake. */
const MISTAKES =
  /internal|undefined|not a function|not iterable|Cannot (read|convert)|Invalid (array|string|count)|call stack|regular expression/i;

function ours(message: string): void {
  expect(message).not.toMatch(MISTAKES);
  expect(message).not.toContain('\n');
}

describe('damaged files', () => {
  let folder: TestFolder | undefined;
  afterEach(() => folder?.remove());

  it.each(Object.entries(CASES))('%s', async (name, { files, damaged }) => {
    folder = await folderOf(files);
    const original = Buffer.from(files[damaged]!);
    const random = new Random('fuzz', name);
    // Whole, it can be read: what is refused below is so for its damage.
    expect((await readDataset(folder.path)).items.length).toBeGreaterThan(0);
    opened.length = 0;
    let refused = 0;
    for (let copy = 0; copy < COPIES; copy++) {
      await folder.write(damaged, mutate(original, random));
      const begin = performance.now();
      try {
        for (const line of await (copy % DECODED === 0 ? saidOfAll(folder.path) : saidOfAnnotations(folder.path)))
          ours(line);
      } catch (error) {
        ours((error as Error).message);
        refused++;
      }
      expect(performance.now() - begin).toBeLessThan(1000);
    }
    // Some copies are refused as a whole and some are not, or this test would see one path only.
    expect(refused).toBeLessThan(COPIES);
    expect(opened.length).toBeGreaterThan(COPIES);
    const root = await realpath(folder.path);
    expect(opened.filter((path) => path !== root && !path.startsWith(root + sep))).toEqual([]);
  });
});

async function saidOfAll(path: string): Promise<string[]> {
  const { notices, rejected } = await readDataset(path);
  return [...notices, ...rejected.map(({ item, reason }) => `${item}: ${reason}`)];
}

async function saidOfAnnotations(path: string): Promise<string[]> {
  const { set } = await openDataFolder(path);
  const { ids, notices } = splitItems(set);
  const reasons = ids.flatMap((id) => {
    const picture = set.pictures.get(id);
    return picture instanceof Error ? [picture.message] : [];
  });
  return [...set.notices, ...notices, ...reasons].map(oneLine);
}
