import { describe, expect, it } from 'vitest';
import { readDataset } from '../folder/read-dataset.js';
import { cocoAnnotation, cocoJson, folderOf, PICTURE } from '../testing/picture-folder.js';
import type { TestFolder } from '../testing/voc-folder.js';

async function within<T>(files: Record<string, string>, work: (folder: TestFolder) => Promise<T>): Promise<T> {
  const folder = await folderOf(files);
  try {
    return await work(folder);
  } finally {
    await folder.remove();
  }
}

const read = (files: Record<string, string>, options = {}) => within(files, ({ path }) => readDataset(path, options));

describe('where files lie', () => {
  it.each([
    ['annotations/instances_val2017.json', 'images/val2017/a.jpg'],
    ['annotations/instances_val2017.json', 'val2017/a.jpg'],
    ['annotations/instances_val.json', 'images/a.jpg'],
    ['valid/_annotations.coco.json', 'valid/a.jpg'],
    ['coco.json', 'a.jpg'],
    ['coco.json', 'images/a.jpg'],
  ])('finds %s and %s', async (json, picture) => {
    const set = await read({ [json]: cocoJson(), [picture]: PICTURE });
    expect(set.items).toEqual([
      { id: 'a.jpg', width: 40, height: 30, box: [10, 5, 30, 25], label: 0, className: 'card' },
    ]);
    expect([set.notices, set.rejected]).toEqual([[], []]);
  });

  it('goes by the names of the files for train and val', async () => {
    const other = cocoJson({ images: [{ id: 1, file_name: 'b.jpg' }] });
    const files = {
      'annotations/instances_train2017.json': cocoJson(),
      'annotations/instances_val2017.json': other,
      'annotations/captions_val2017.json': '{}',
      'images/a.jpg': PICTURE,
      'images/b.jpg': PICTURE,
    };
    expect((await read(files, { split: 'train' })).items.map(({ id }) => id)).toEqual(['a.jpg']);
    expect((await read(files, { split: 'val' })).items.map(({ id }) => id)).toEqual(['b.jpg']);
    await expect(read(files, { split: 'test' })).rejects.toThrow('"split" must be one of train, val, got "test"');
  });

  it('keeps pictures of one name in two folders apart, and tells one picture in two lists', async () => {
    const lists = { 'train/_annotations.coco.json': cocoJson(), 'valid/_annotations.coco.json': cocoJson() };
    const apart = await read({ ...lists, 'train/a.jpg': PICTURE, 'valid/a.jpg': PICTURE });
    expect(apart.items).toHaveLength(2);
    expect(apart.notices).toEqual([]);
    const one = await read({
      'annotations/instances_train.json': cocoJson(),
      'annotations/instances_val.json': cocoJson(),
      'images/a.jpg': PICTURE,
    });
    expect(one.items).toHaveLength(1);
    expect(one.notices).toEqual(['"a.jpg" listed in both train and val: validation is too kind']);
  });

  it('leaves other JSON files out', async () => {
    const set = await read({ 'boxes.json': cocoJson(), 'package.json': '{"name": "x"}', 'a.jpg': PICTURE });
    expect(set.items).toHaveLength(1);
    expect(set.notices).toEqual(['package.json is not COCO: left out']);
  });

  it.each(['../a.jpg', '/etc/hostname', 'x/../../a.jpg', '..\\a.jpg', 'C:\\a.jpg'])(
    'refuses the file name %s',
    async (name) => {
      const files = {
        'boxes.json': cocoJson({
          images: [
            { id: 1, file_name: 'a.jpg' },
            { id: 2, file_name: name },
          ],
          annotations: [cocoAnnotation(), cocoAnnotation({ id: 2, image_id: 2 })],
        }),
        'a.jpg': PICTURE,
      };
      expect((await read(files)).rejected).toMatchObject([
        { reason: expect.stringMatching(/^refused: .*(leaves|absolute)/) },
      ]);
    },
  );
});

describe('annotations', () => {
  const image = (id: number) => ({ id, file_name: `${'abc'[id - 1]}.jpg`, width: 40, height: 30 });
  const pictures = { 'a.jpg': PICTURE, 'b.jpg': PICTURE, 'c.jpg': PICTURE };
  const boxes = (...annotations: unknown[]) => ({
    ...pictures,
    'boxes.json': cocoJson({ images: [image(1), image(2)], annotations: [cocoAnnotation(), ...annotations] }),
  });

  it('leaves crowds out and reports pictures without an object', async () => {
    const set = await read(boxes(cocoAnnotation({ id: 2, image_id: 2, iscrowd: 1 })));
    expect(set.notices).toEqual(['boxes.json: 1 crowd region left out']);
    expect(set.rejected).toEqual([{ item: 'b.jpg', reason: 'there is no object in it' }]);
  });

  it('takes the largest of several objects, with a notice', async () => {
    const set = await read(
      boxes(cocoAnnotation({ id: 2, bbox: [0, 0, 25, 25] }), cocoAnnotation({ id: 3, bbox: [0, 0, 2, 2] })),
    );
    expect(set.items[0]?.box).toEqual([0, 0, 25, 25]);
    expect(set.notices).toEqual(['a.jpg: 3 objects, the largest is taken (card)']);
  });

  it('says which annotation is of no picture', async () => {
    const set = await read(boxes(cocoAnnotation({ id: 7, image_id: 9 }), cocoAnnotation({ id: 8, image_id: {} })));
    expect(set.notices).toEqual(['boxes.json: annotation 7 is of image 9, which is not there (and 1 more): left out']);
  });

  it.each([
    [{ bbox: [1, 2, 0, 4] }, 'annotation 2: the box has no area: its width is 0, its height 4'],
    [{ bbox: [1, 2, '3', 4] }, 'annotation 2: "bbox" must be four numbers, got [1,2,"3",4]'],
    [{ bbox: null }, 'annotation 2: "bbox" must be four numbers, got null'],
    [{ category_id: 5 }, 'annotation 2: category 5 is not in "categories"'],
    [{ bbox: [50, 2, 3, 4] }, 'box [50, 2, 3, 4] lies outside the picture of 40 x 30 pixels'],
  ])('rejects the picture of %j', async (parts, reason) => {
    const set = await read(boxes(cocoAnnotation({ id: 2, image_id: 2, ...parts })));
    expect(set.rejected).toEqual([{ item: 'b.jpg', reason }]);
    expect(set.items).toHaveLength(1);
  });

  it('sorts categories by id: numbers by value, then texts', async () => {
    const categories = [90, 7, 'b', 10, 'a'].map((id) => ({ id, name: `c${id}` }));
    const set = await read({
      ...pictures,
      'boxes.json': cocoJson({ categories, annotations: [cocoAnnotation({ category_id: 10 })] }),
    });
    expect(set.classes).toEqual(['c7', 'c10', 'c90', 'ca', 'cb']);
    expect(set.items[0]?.label).toBe(1);
  });

  it('takes names that objects have of their own for names', async () => {
    const categories = [{ id: 1, name: '__proto__' }];
    const set = await read({ ...pictures, 'boxes.json': cocoJson({ categories }) });
    expect(set.items[0]).toMatchObject({ className: '__proto__', label: 0 });
  });
});

describe('the file as a whole', () => {
  it('may be larger than what is kept of it, and is read like a small one', async () => {
    const [before, after] = cocoJson({ annotations: [cocoAnnotation({ segmentation: '?' })] }).split('"?"') as [
      string,
      string,
    ];
    const files = { 'instances_val.json': `${before}[[${'123.45, '.repeat(9 * 2 ** 20)}0]]${after}`, 'a.jpg': PICTURE };
    const set = await read(files);
    expect(set.items).toMatchObject([{ id: 'a.jpg', box: [10, 5, 30, 25] }]);
    expect([set.notices, set.rejected]).toEqual([[], []]);
  });

  it.each([
    ['{"images": [], "annotations": [,]}', /boxes\.json: not JSON at line 1, column 32: unexpected ",\]\}"/],
    ['{"images": 3, "annotations": [], "categories": []}', /not COCO: "images" must be a list, got 3/],
    ['[]', /not COCO: "categories" must be a list, got nothing/],
    [`{"images": ${'['.repeat(100_000)}`, /not JSON at line 1, column 100012: unexpected the end of the file/],
    [`{"categories": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /categories\[0\]: "id" must be an integer/],
    [cocoJson({ images: [], annotations: [] }), /there are no boxes: none of the 0 pictures/],
    [
      cocoJson({ images: [{ id: 1.5, file_name: 'a.jpg' }] }),
      /images\[0\]: "id" must be an integer or a text, got 1\.5/,
    ],
    [cocoJson({ images: [{ id: 1 }] }), /images\[0\]: "file_name" must be a text, got nothing/],
    [cocoJson({ categories: [{ id: 1, name: 3 }] }), /category 1: "name" must be a text, got 3/],
    [
      cocoJson({
        categories: [
          { id: 1, name: 'a' },
          { id: 1, name: 'b' },
        ],
      }),
      /category id 1 is used more than once/,
    ],
  ])('refuses %.60s', async (text, message) => {
    await expect(read({ 'boxes.json': text, 'a.jpg': PICTURE }, { format: 'coco' })).rejects.toThrow(message);
  });
});
