/** Pictures whose object has a class and no box, or a box and no class. */
import { readMetrics } from '@counterpoise/training';
import { afterEach, describe, expect, it } from 'vitest';
import { readDataset } from './folder/read-dataset.js';
import { inspectFolder } from './inspect/inspection.js';
import { cocoAnnotation, cocoJson, folderOf, PICTURE } from './testing/picture-folder.js';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';
import { annotationXml, objectXml, type TestFolder } from './testing/voc-folder.js';

const BOX = '<bndbox><xmin>11</xmin><ymin>6</ymin><xmax>30</xmax><ymax>25</ymax></bndbox>';
const xml = (object: string) => annotationXml({ objects: [object] });

/** In each format: `whole`, `noclass`, `nobox` and `nothing`, which has neither. */
const FOLDERS = {
  voc: {
    'Annotations/whole.xml': xml(objectXml()),
    'Annotations/noclass.xml': xml(`<object><name> </name>${BOX}</object>`),
    'Annotations/nobox.xml': xml('<object><name>card</name></object>'),
    'Annotations/nothing.xml': xml('<object></object>'),
    ...Object.fromEntries(['whole', 'noclass', 'nobox', 'nothing'].map((name) => [`JPEGImages/${name}.jpg`, PICTURE])),
  },
  coco: {
    'data.json': cocoJson({
      images: ['whole', 'noclass', 'nobox', 'nothing'].map((name, id) => ({ id, file_name: `${name}.jpg` })),
      annotations: [
        cocoAnnotation({ id: 1, image_id: 0 }),
        cocoAnnotation({ id: 2, image_id: 1, category_id: null }),
        cocoAnnotation({ id: 3, image_id: 2, bbox: undefined }),
        cocoAnnotation({ id: 4, image_id: 3, bbox: [], category_id: undefined }),
      ],
    }),
    ...Object.fromEntries(['whole', 'noclass', 'nobox', 'nothing'].map((name) => [`images/${name}.jpg`, PICTURE])),
  },
  yolo: {
    'classes.txt': 'card',
    'labels/whole.txt': '0 0.5 0.5 0.5 0.5',
    'labels/noclass.txt': '-1 0.5 0.5 0.5 0.5',
    'labels/nobox.txt': '0',
    'labels/nothing.txt': '-1',
    ...Object.fromEntries(['whole', 'noclass', 'nobox', 'nothing'].map((name) => [`images/${name}.jpg`, PICTURE])),
  },
  csv: {
    'data.csv': [
      'filename,class,xmin,ymin,xmax,ymax',
      'whole.jpg,card,10,5,30,25',
      'noclass.jpg,,10,5,30,25',
      'nobox.jpg,card,,,,',
      'nothing.jpg,,,,,',
    ].join('\n'),
    ...Object.fromEntries(['whole', 'noclass', 'nobox', 'nothing'].map((name) => [`images/${name}.jpg`, PICTURE])),
  },
};

const folders: TestFolder[] = [];
const runs: TestRun[] = [];
afterEach(async () => {
  for (const made of [...folders.splice(0), ...runs.splice(0)]) await made.remove();
});
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await folderOf(files);
  folders.push(folder);
  return folder.path;
}

describe.each(Object.keys(FOLDERS) as (keyof typeof FOLDERS)[])('%s', (format) => {
  it('leaves them out, or keeps what they have', async () => {
    const path = await folderWith(FOLDERS[format]);
    const dropped = await readDataset(path, { format });
    expect(dropped.items).toHaveLength(1);
    expect(dropped.rejected).toHaveLength(3);

    const kept = await readDataset(path, { format, partlyLabelled: 'keep' });
    const of = (name: string) => kept.items.find(({ id }) => id.includes(name));
    expect(kept.classes).toEqual(['card']);
    expect(kept.items).toHaveLength(3);
    expect(of('whole')).toMatchObject({ label: 0, className: 'card' });
    expect(of('noclass')).toMatchObject({ label: null, className: null, box: of('whole')!.box });
    expect(of('nobox')).toMatchObject({ label: 0, className: 'card', box: null });
    // The words of why the last is left out are the same.
    expect(kept.rejected).toEqual(dropped.rejected.filter(({ item }) => item.includes('nothing')));
  });
});

it('a box that is there and wrong is an error as ever', async () => {
  const path = await folderWith({
    'data.csv': ['filename,class,xmin,ymin,xmax,ymax', 'a.jpg,card,10,,30,25', 'b.jpg,card,10,5,30,25'].join('\n'),
    'a.jpg': PICTURE,
    'b.jpg': PICTURE,
  });
  const { rejected } = await readDataset(path, { partlyLabelled: 'keep' });
  expect(rejected).toEqual([{ item: 'a.jpg', reason: 'data.csv line 2: ymin must be a number, got ""' }]);
});

/** `train` of the given rows, then two whole pictures to validate on. */
function csvOf(rows: readonly string[]): Record<string, string> {
  const train = rows.map((row, at) => `t${at}.jpg,${row},train`);
  const val = ['v0.jpg,card,10,5,30,25,val', 'v1.jpg,coin,,,,,val', 'v2.jpg,,1,1,9,9,val'];
  const names = [...train, ...val].map((line) => line.split(',', 1)[0]!);
  const text = ['filename,class,xmin,ymin,xmax,ymax,split', ...train, ...val].join('\n');
  return { 'data.csv': text, ...Object.fromEntries(names.map((name) => [`images/${name}`, PICTURE])) };
}
const ROWS = [
  'card,10,5,30,25',
  'coin,,,,',
  ',10,5,30,25',
  'coin,,,,',
  'card,,,,',
  'coin,,,,',
  'card,8,5,30,25',
  ',,,,',
];

it('inspect tells how many there are', async () => {
  const path = await folderWith(csvOf(ROWS));
  const { inspection } = await inspectFolder(path, { partlyLabelled: 'keep' });
  expect(inspection).toMatchObject({ usable: 10, withoutClass: 2, withoutBox: 5 });
  expect(inspection.splits.map(({ name, withoutClass, withoutBox }) => [name, withoutClass, withoutBox])).toEqual([
    ['train', 1, 4],
    ['val', 1, 1],
  ]);
  expect(inspection.notices).toEqual([]);
  expect((await inspectFolder(path)).inspection).toMatchObject({ usable: 3, withoutClass: 0, withoutBox: 0 });
  const boxless = await folderWith(csvOf(['card,,,,', 'coin,,,,']));
  expect((await inspectFolder(boxless, { partlyLabelled: 'keep' })).inspection.notices).toContain(
    'split train must have a picture with a box, got none',
  );
});

it('trains on them: a step without a box has no box loss, metrics count what is known, and resuming is exact', async () => {
  const data = await folderWith(csvOf(ROWS));
  const config = { data, partlyLabelled: 'keep', batchSize: 2, epochs: 2, balance: 'ema', seed: 1 } as const;
  const [whole, parts] = [await testRun(config), await testRun(config)];
  runs.push(whole, parts);
  const { best } = await train(whole.run);
  const records = readMetrics(whole.run.metrics);
  const steps = records.filter(({ kind }) => kind === 'step');
  expect(steps).toHaveLength(6);
  const absent = steps.filter((record) => record['train/loss/box'] === null);
  expect(absent.length).toBeGreaterThan(0);
  expect(absent.length).toBeLessThan(steps.length);
  for (const record of absent) expect(record['weight/box']).toBe(0);
  const [epoch] = records.filter(({ kind }) => kind === 'epoch');
  const present = steps.slice(0, 3).flatMap((record) => record['train/loss/box'] ?? []);
  expect(epoch!['train/loss/box']).toBeCloseTo(
    present.reduce<number>((sum, loss) => sum + Number(loss), 0) / present.length,
    9,
  );
  // Of two classes, and of one picture with both.
  expect([0, 0.5, 1]).toContain(best!.accuracy);
  expect([0, 1]).toContain(best!.localizationAccuracy);

  await trainUntil(parts.run, 2);
  await train(parts.run);
  expect(await fingerprint(parts.run)).toEqual(await fingerprint(whole.run));
}, 120_000);

it.each([
  [[',10,5,30,25', ',8,5,30,25'], ['card', 'coin'], 'split train must have a picture with a class, got none'],
  [[',10,5,30,25', ',8,5,30,25'], null, 'split train must have a picture with a class, got none'],
  [['card,,,,', 'coin,,,,'], ['card', 'coin'], 'split train must have a picture with a box, got none'],
])('training rows %j, classes %j cannot be trained on', async (rows, classes, message) => {
  const { run, remove } = await testRun({
    data: await folderWith(csvOf(rows)),
    partlyLabelled: 'keep',
    ...(classes && { classes }),
  });
  runs.push({ run, remove });
  await expect(train(run)).rejects.toThrow(message);
});
