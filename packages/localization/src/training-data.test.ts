import { afterEach, expect, test } from 'vitest';
import { completeConfig } from './check-config.js';
import { folderOf, PICTURE } from './testing/picture-folder.js';
import type { TestFolder } from './testing/voc-folder.js';
import { dataFingerprint, openTrainingData } from './training-data.js';

let folder: TestFolder | undefined;
afterEach(() => folder?.remove());

async function twelve(): Promise<string> {
  const names = Array.from({ length: 12 }, (_, at) => `${at}.jpg`);
  const rows = names.map((name, at) => `${name},${at < 4 ? 'ace' : 'king'},1,1,9,9,${at < 11 ? 'train' : 'val'}\n`);
  folder = await folderOf({
    'boxes.csv': `path,class,xmin,ymin,xmax,ymax,split\n${rows.join('')}bad.jpg,ace,1,1,9,x,train\n`,
    ...Object.fromEntries(names.map((name) => [name, PICTURE])),
  });
  return folder.path;
}

test('goes by the folder, by a share of every class, or by folds', async () => {
  const data = await twelve();
  const open = (options: object) => openTrainingData(completeConfig({ threads: 1, imageSize: 16, data, ...options }));
  const counts = async (options: object) => {
    const { train, val } = await open(options);
    const aces = val.items.filter(({ className }) => className === 'ace').length;
    return [train.items.length, val.items.length, aces];
  };
  expect(await counts({})).toEqual([11, 1, 0]);
  expect(await counts({ valFraction: 0.25 })).toEqual([9, 3, 1]);
  const folds = await Promise.all(['1/4', '2/4', '3/4', '4/4'].map((fold) => open({ fold })));
  expect(folds.flatMap(({ val }) => val.items.map(({ id }) => id)).sort()).toHaveLength(12);
  expect(new Set(folds.map(dataFingerprint)).size).toBe(4);
  await expect(open({ format: 'voc' })).rejects.toThrow('there are no boxes: expected Annotations/*.xml');
});

test('says once what both splits are about, and what is left out of each', async () => {
  const heard: string[] = [];
  const config = completeConfig({ threads: 1, imageSize: 16, data: await twelve(), classes: ['king', 'ace', 'joker'] });
  await openTrainingData(config, (notice) => heard.push(notice));
  expect(heard).toEqual([
    'no object is of class "joker"',
    'bad.jpg: boxes.csv line 14: ymax must be a number, got "x"',
  ]);
});
