import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { completeConfig } from '../check-config.js';
import { folderOf, PICTURE } from '../testing/picture-folder.js';
import { markedPicture, type TestFolder } from '../testing/voc-folder.js';
import { openTrainingData } from '../training-data.js';
import { type InspectOptions, inspectFolder, quantiles } from './inspection.js';
import { renderInspection } from './inspection-report.js';

let folder: TestFolder | undefined;
afterEach(() => folder?.remove());

const HOSTILE = '<script>alert(1)</script>';

/** Six usable pictures of two classes with a train and a val list, and three that are not. */
async function exampleFolder(): Promise<TestFolder> {
  const rows = [
    'a.jpg,ace,10,5,30,25,train',
    'b.png,ace,0,0,40,30,train',
    `c.png,"${HOSTILE}",0,0,10,15,train`,
    'a copy.jpg,ace,10,5,30,25,val',
    'd.png,ace,0,0,20,30,val',
    `e.png,"${HOSTILE}",0,0,20,15,`,
    'gone.jpg,ace,1,1,2,2,train',
    'bad.jpg,ace,1,1,x,2,train',
    `"${HOSTILE}.jpg",ace,1,1,2,2,val`,
  ];
  const made = await folderOf({
    'boxes.csv': `path,class,xmin,ymin,xmax,ymax,split\n${rows.join('\n')}\n`,
    'a.jpg': PICTURE,
    'a copy.jpg': PICTURE,
  });
  for (const [at, name] of ['b', 'c', 'd', 'e'].entries()) {
    // Stripes of different widths: no two alike.
    const picture = markedPicture(40, 30, [0, 0, 3 + 9 * at, 30]);
    await made.write(
      `${name}.png`,
      await sharp(await picture.png().toBuffer())
        .rotate(90 * at)
        .resize(40, 30, { fit: 'fill' })
        .png()
        .toBuffer(),
    );
  }
  return made;
}

describe('inspectFolder', () => {
  it('counts classes by split, measures boxes, finds copies, and says what is left out', async () => {
    folder = await exampleFolder();
    const { inspection } = await inspectFolder(folder.path);
    expect(inspection).toMatchObject({ format: 'csv', pictures: 9, usable: 6, imbalance: 2 });
    expect(inspection.classes).toEqual([
      { class: HOSTILE, pictures: 2 },
      { class: 'ace', pictures: 4 },
    ]);
    expect(inspection.splits).toEqual([
      {
        name: 'train',
        drawn: false,
        pictures: 3,
        withoutClass: 0,
        withoutBox: 0,
        classes: [
          { class: HOSTILE, pictures: 1 },
          { class: 'ace', pictures: 2 },
        ],
      },
      {
        name: 'val',
        drawn: false,
        pictures: 2,
        withoutClass: 0,
        withoutBox: 0,
        classes: [
          { class: HOSTILE, pictures: 0 },
          { class: 'ace', pictures: 2 },
        ],
      },
    ]);
    expect(inspection.boxes?.width).toMatchObject({ min: 0.25, median: 0.5, max: 1 });
    expect(inspection.boxes?.area).toMatchObject({ min: 0.125, max: 1 });
    expect(inspection.nearDuplicates).toContainEqual({
      items: ['a.jpg', 'a copy.jpg'],
      splits: ['train', 'val'],
      distance: 0,
    });
    expect(inspection.rejected.map(({ item }) => item).sort()).toEqual([`${HOSTILE}.jpg`, 'bad.jpg', 'gone.jpg']);
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
  });

  it('says which splits are drawn, and draws them as a training would', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `${at}.jpg`);
    folder = await folderOf({
      'boxes.csv': `path,class,xmin,ymin,xmax,ymax\n${names.map((name) => `${name},ace,1,1,9,9\n`).join('')}`,
      ...Object.fromEntries(names.map((name) => [name, PICTURE])),
    });
    const { inspection } = await inspectFolder(folder.path);
    expect(inspection.splits.map(({ name, drawn, pictures }) => [name, drawn, pictures])).toEqual([
      ['train', true, 8],
      ['val', true, 2],
    ]);
    expect(inspection.nearDuplicates).toHaveLength(16);
    expect(inspection.nearDuplicatePairs).toBe(16);
  });

  /** Twelve pictures of two classes, of which the folder names two for val; one of them is not there. */
  async function twelve(): Promise<TestFolder> {
    const names = Array.from({ length: 12 }, (_, at) => `${at}.jpg`);
    const rows = names.map((name, at) => `${name},${at < 5 ? 'ace' : 'king'},1,1,9,9,${at < 10 ? 'train' : 'val'}\n`);
    return folderOf({
      'boxes.csv': `path,class,xmin,ymin,xmax,ymax,split\n${rows.join('')}`,
      ...Object.fromEntries(names.slice(0, 11).map((name) => [name, PICTURE])),
    });
  }

  const trainingWith = async ({ fold, ...options }: InspectOptions) => {
    const text = fold === undefined ? null : `${fold.index}/${fold.of}`;
    return openTrainingData(completeConfig({ data: folder!.path, threads: 1, imageSize: 16, ...options, fold: text }));
  };

  it.each<InspectOptions>([
    {},
    { valFraction: 0.25 },
    { valFraction: 0.25, seed: 3 },
    { fold: { index: 1, of: 3 } },
    { fold: { index: 3, of: 3 }, seed: 9 },
  ])('shows the splits that a training with %j has', async (options) => {
    folder = await twelve();
    const { inspection } = await inspectFolder(folder.path, options);
    const data = await trainingWith(options);
    const isDrawn = options.valFraction !== undefined || options.fold !== undefined;
    expect(inspection.splits).toEqual(
      (['train', 'val'] as const).map((name) => {
        const { items, classes } = data[name];
        const counts = classes.map((label) => {
          return { class: label, pictures: items.filter(({ className }) => className === label).length };
        });
        return { name, drawn: isDrawn, pictures: items.length, withoutClass: 0, withoutBox: 0, classes: counts };
      }),
    );
    expect(inspection.splits[0]!.pictures + inspection.splits[1]!.pictures).toBe(11);
  });

  it.each<InspectOptions>([{ fold: { index: 1, of: 13 } }])(
    'ends with the error that a training with %j ends with',
    async (options) => {
      folder = await twelve();
      const { message } = await trainingWith(options).then(
        () => new Error('none'),
        (error: Error) => error,
      );
      expect(message).toMatch(/"fold.of" must be an integer in \[2, 12\], got 13/);
      await expect(inspectFolder(folder.path, options)).rejects.toThrow(message);
    },
  );

  it('a split whose items cannot be used is a notice in the words of the training', async () => {
    folder = await folderOf({
      'boxes.csv': 'path,class,xmin,ymin,xmax,ymax,split\na.jpg,ace,1,1,9,9,train\nb.jpg,ace,1,1,9,9,val\n',
      'a.jpg': PICTURE,
    });
    const { inspection } = await inspectFolder(folder.path);
    const reason = 'none of 1 items can be used; the first, "b.jpg": there is no picture b.jpg';
    expect(inspection.notices).toEqual([expect.stringContaining(`split val: ${reason}`)]);
    await expect(trainingWith({})).rejects.toThrow(reason);
  });

  it('lists every reason where nothing can be used', async () => {
    folder = await folderOf({ 'boxes.csv': 'path,class,xmin,ymin,xmax,ymax\na.jpg,ace,1,1,9,9\nb.jpg,ace,1,1,9,9\n' });
    const { inspection, dataset } = await inspectFolder(folder.path);
    expect(inspection).toMatchObject({ usable: 0, boxes: null, imbalance: null, nearDuplicates: [] });
    expect(inspection.rejected).toHaveLength(2);
    expect(await renderInspection(inspection, dataset)).toContain('there is no picture a.jpg');
  });

  it('says why a split cannot be had', async () => {
    folder = await folderOf({ 'boxes.csv': 'path,class,xmin,ymin,xmax,ymax\na.jpg,ace,1,1,9,9\n', 'a.jpg': PICTURE });
    const { inspection } = await inspectFolder(folder.path);
    expect(inspection.splits.map(({ name }) => name)).toEqual(['train']);
    expect(inspection.notices.join()).toContain('split "val" is empty: there is 1 item to draw from');
  });
});

it('renderInspection shows pictures, tables and text of strangers as text', async () => {
  folder = await exampleFolder();
  const { inspection, dataset } = await inspectFolder(folder.path);
  const html = await renderInspection(inspection, dataset);
  expect(html).not.toContain('<script');
  expect(html).toContain('&#60;script&#62;alert(1)');
  const pairs = inspection.nearDuplicates.length;
  expect(html.match(/data:image\/jpeg;base64,/g)).toHaveLength(6 + 2 * pairs);
  for (const part of ['6 of 9 pictures can be used', 'Box sizes', 'Near-duplicates', 'Left out', 'gone.jpg'])
    expect(html).toContain(part);
  expect(await renderInspection(inspection, dataset)).toBe(html);
});

describe('quantiles', () => {
  it('are linear between values', () => {
    expect(quantiles([4, 1, 3, 2, 5])).toEqual({ min: 1, p5: 1.2, p25: 2, median: 3, p75: 4, p95: 4.8, max: 5 });
    expect(quantiles([7])).toEqual({ min: 7, p5: 7, p25: 7, median: 7, p75: 7, p95: 7, max: 7 });
  });
});
