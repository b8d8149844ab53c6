import { describe, expect, it } from 'vitest';
import { readDataset } from '../folder/read-dataset.js';
import { folderOf, PICTURE } from '../testing/picture-folder.js';

const LABEL = '0 0.5 0.5 0.5 0.6666666\n';

async function read(files: Record<string, string>, options = {}) {
  const folder = await folderOf(files);
  try {
    return await readDataset(folder.path, options);
  } finally {
    await folder.remove();
  }
}

const idsOf = async (files: Record<string, string>, split?: string) => {
  return (await read(files, { split })).items.map(({ id }) => id);
};

describe('where files lie', () => {
  it.each([
    ['images/a.jpg', 'labels/a.txt'],
    ['images/train/sub/a.jpg', 'labels/train/sub/a.txt'],
    ['train/images/a.jpg', 'train/labels/a.txt'],
    ['images/a.jpg', 'images/a.txt'],
    ['a.jpg', 'a.txt'],
    ['my images/images/a.jpg', 'my images/labels/a.txt', 'train: my images/images'],
  ])('finds %s and %s', async (picture, label, yaml = '') => {
    const set = await read({ [picture]: PICTURE, [label]: LABEL, 'data.yaml': `names: [card]\n${yaml}` });
    expect(set.items).toMatchObject([{ id: picture, label: 0, className: 'card' }]);
    set.items[0]!.box!.forEach((value, at) => {
      expect(value).toBeCloseTo([10, 5, 30, 25][at]!, 5);
    });
    expect([set.notices, set.rejected]).toEqual([[], []]);
  });

  it.each([
    ['images/train/a.jpg', 'images/val/b.jpg', ''],
    ['images/train2017/a.jpg', 'images/val2017/b.jpg', ''],
    ['train/images/a.jpg', 'valid/images/b.jpg', ''],
    ['train/images/a.jpg', 'valid/images/b.jpg', 'train: ../train/images\nval: ../valid/images\n'],
    ['images/one/a.jpg', 'images/two/b.jpg', 'path: /home/me/set\ntrain: images/one\nval: [images/two]\n'],
    ['set/images/one/a.jpg', 'set/images/two/b.jpg', 'path: ./set\ntrain: images/one/\nval:\n  - images/two\n'],
    ['images/a.jpg', 'images/b.jpg', 'train: lists/train.txt\nval: lists/val.txt\n'],
  ])('tells train (%s) from val (%s) %j', async (train, val, yaml) => {
    const label = (path: string) => path.replace(/images\//, 'labels/').replace('.jpg', '.txt');
    const files = {
      [train]: PICTURE,
      [val]: PICTURE,
      [label(train)]: LABEL,
      [label(val)]: LABEL,
      'data.yaml': `${yaml}names: [card]\n`,
      'lists/train.txt': './images/a.jpg\n',
      'lists/val.txt': 'images/b.jpg\r\n',
    };
    expect(await idsOf(files, 'train')).toEqual([train]);
    expect(await idsOf(files, 'val')).toEqual([val]);
  });

  it('leaves paths out that lead elsewhere, with a notice', async () => {
    const files = { 'images/a.jpg': PICTURE, 'labels/a.txt': LABEL };
    const set = await read({ ...files, 'data.yaml': 'train: /data/images\nval: ../../elsewhere\nnames: [card]\n' });
    expect(set.items).toHaveLength(1);
    expect(set.notices).toEqual([
      'data.yaml: train "/data/images" has no pictures in this folder: left out',
      'data.yaml: val "../../elsewhere" has no pictures in this folder: left out',
    ]);
  });

  it('refuses paths of a list that lead elsewhere', async () => {
    const files = {
      'images/a.jpg': PICTURE,
      'labels/a.txt': LABEL,
      'l.txt': 'images/a.jpg\n../../x.jpg\n/etc/x.jpg\n',
    };
    const set = await read({ ...files, 'data.yaml': 'train: l.txt\nnames: [card]\n' });
    expect(set.rejected.map(({ reason }) => reason)).toEqual([
      'refused: "../../x.jpg" leaves the folder of the data set',
      'refused: "/etc/x.jpg" is an absolute path',
    ]);
  });
});

describe('class names', () => {
  const files = {
    'images/a.jpg': PICTURE,
    'labels/a.txt': `10${LABEL.slice(1)}`,
    'images/b.jpg': PICTURE,
    'labels/b.txt': `9${LABEL.slice(1)}`,
  };

  it('are the numbers where nothing names them', async () => {
    const set = await read(files);
    expect(set.classes).toEqual(['9', '10']);
    expect(set.items.map(({ className, label }) => [className, label])).toEqual([
      ['10', 1],
      ['9', 0],
    ]);
    expect(set.notices).toEqual(['no data.yaml or classes.txt names the classes: they are called by their numbers']);
  });

  it.each(['classes.txt', 'labels/classes.txt', 'obj.names'])('come from %s', async (name) => {
    const set = await read({ ...files, [name]: 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n' });
    expect(set.items.map(({ className }) => className)).toEqual(['k', 'j']);
    expect(set.classes).toHaveLength(11);
  });
});

describe('labels', () => {
  const good = {
    'images/good.jpg': PICTURE,
    'labels/good.txt': LABEL,
    'classes.txt': 'card\nking\n',
    'images/bad.jpg': PICTURE,
  };

  it.each([
    ['0 0.5 0.5 0.5', /line 1: expected the class and 4 numbers .* got 3 numbers/],
    ['0 0.5 0.5 0.5 0.5 0.9', /got 5 numbers/],
    ['0 0.5 0.5 0.5 1.5', /line 1: numbers must be in \[0, 1\], in units of the picture, got 1\.5/],
    ['0 -0.5 0.5 0.5 0.5', /got -0\.5/],
    ['0 0.5 0.5 0.5 0x1', /expected numbers, got "0x1"/],
    ['0 0.5 0.5 0 0.5', /the box has no area: 0\.5 0\.5 0 0\.5/],
    ['0 0.1 0.1 0.5 0.1 0.9 0.1', /no area/],
    ['card 0.5 0.5 0.5 0.5', /the class must be a whole number of 0 or more, got "card"/],
    ['-1 0.5 0.5 0.5 0.5', /got "-1"/],
    ['1.5 0.5 0.5 0.5 0.5', /got "1\.5"/],
    ['2 0.5 0.5 0.5 0.5', /class 2 is not one of the 2 classes, 0 to 1/],
    ['0 0.5 0.5 0.5 0.5\n\n1 2 3 4 5', /line 3: .*got 2/],
    ['', /there is no object in it/],
    ['\u0000', /class must be a whole number/],
  ])('%j is reported, the rest loads', async (text, reason) => {
    const set = await read({ ...good, 'labels/bad.txt': text });
    expect(set.items.map(({ id }) => id)).toEqual(['images/good.jpg']);
    expect(set.rejected).toMatchObject([{ item: 'images/bad.jpg', reason: expect.stringMatching(reason) }]);
  });

  it('take the largest of several, polygons and turned boxes by their bounds', async () => {
    const set = await read({ ...good, 'labels/bad.txt': '1 0.5 0.5 0.1 0.1\n0.0 0 0 0.5 0 0.5 0.5\r\n' });
    expect(set.items[0]).toMatchObject({ className: 'card', box: [0, 0, 20, 15] });
    expect(set.notices).toEqual(['images/bad.jpg: 2 objects, the largest is taken (card)']);
  });

  it('are boxes with key points in a pose set', async () => {
    const yaml = 'names: [card]\nkpt_shape: [2, 3]\n';
    const set = await read({
      'images/a.jpg': PICTURE,
      'labels/a.txt': '0 0.5 0.5 0.5 1 3 9 2 4 4 2',
      'data.yaml': yaml,
    });
    expect(set.items[0]?.box).toEqual([10, 0, 30, 30]);
  });

  it('that stick out by the rounding of their digits are clipped without a word', async () => {
    const set = await read({ ...good, 'labels/bad.txt': '0 0.500001 0.5 1 1' });
    expect(set.items[0]?.box?.map((value) => Math.round(value * 1e3) / 1e3)).toEqual([0, 0, 40, 30]);
    expect(set.notices).toEqual([]);
    expect((await read({ ...good, 'labels/bad.txt': '0 0.6 0.5 1 1' })).notices.join()).toMatch(/sticks out .*clipped/);
  });
});

describe('the folder as a whole', () => {
  it.each([
    [{ 'labels/a.txt': LABEL }, /there are no pictures: expected YOLO/],
    [
      { 'images/a.jpg': PICTURE, 'data.yaml': 'names: [card]' },
      /there are no boxes: none of 1 pictures has a label file, such as labels\/a\.txt/,
    ],
    [
      { 'images/a.jpg': PICTURE, 'labels/a.txt': LABEL, 'data.yaml': 'names: 3' },
      /data\.yaml: "names" must be a list or a map, got "3"/,
    ],
    [
      { 'images/a.jpg': PICTURE, 'labels/a.txt': LABEL, 'data.yaml': 'nc: 2\nnames: [a]' },
      /"nc" must be the number of "names", 1, got "2"/,
    ],
  ])('refuses %j', async (files, message) => {
    await expect(read(files)).rejects.toThrow(message);
  });
});
