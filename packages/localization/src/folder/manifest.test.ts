/** Walks the reference set of broken and odd inputs: every case does what its manifest asks for. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDataset } from './read-dataset.js';

const folder = new URL('../../../../../shared/data/bad-inputs/', import.meta.url);
const present = existsSync(new URL('manifest.json', folder));

interface Case {
  id: string;
  path: string;
  format: string;
  expect: string;
  should: string;
}
const manifest: { cases: Case[] } = present
  ? JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'))
  : { cases: [] };
const casesOf = (...formats: string[]) => manifest.cases.filter(({ format }) => formats.includes(format));

/** The box of "bad" where it must load: VOC numbers of the manifest in continuous pixels. */
const CARD = [40, 97, 116, 197];
const BOXES: Record<string, number[]> = {
  box_partly_outside: [40, 97, 192, 256],
  box_float: [40.4, 97.6, 115.6, 196.5],
};
/** What the reason or notice must speak of, by case. */
const SPEAKS_OF: Record<string, RegExp> = {
  truncated_jpeg: /premature end/,
  zero_byte_image: /0 bytes/,
  zero_area_box: /no area/,
  box_outside: /outside the picture of 192 x 256/,
  box_partly_outside: /clipped/,
  box_not_a_number: /xmax must be a number, got "NaN"/,
  missing_annotation: /no Annotations\/bad\.xml/,
  size_mismatch: /384 x 512.*rescaled/,
  two_objects: /2 objects, the largest/,
  unknown_class: /"zebra"/,
  xml_malformed: /bad\.xml.*line \d+/,
  xml_billion_laughs: /document type/,
  path_traversal: /leaves the folder/,
  path_absolute: /absolute/,
  path_traversal_in_split: /leaves the folder/,
  duplicate_ids_in_split: /"good" listed in both train and val/,
  img_decompression_bomb: /30000 x 30000/,
  img_tiny: /no area/,
};

const skipped = present ? '' : ': SKIPPED, ../shared/data/bad-inputs is not there';

describe.skipIf(!present)(`bad inputs, VOC${skipped}`, () => {
  it('has the cases that this test knows', () => expect(casesOf('voc').length).toBeGreaterThanOrEqual(26));

  it.each(casesOf('voc'))('$id: $expect', async ({ id, path, expect: expected }) => {
    const started = performance.now();
    const set = await readDataset(fileURLToPath(new URL(path, folder)), { split: 'train', imageSize: 64 });
    if (id === 'xml_billion_laughs') expect(performance.now() - started).toBeLessThan(1000);
    const good = set.items.find((item) => item.id === 'good');
    expect(good).toMatchObject({ className: 'playing_card', width: 192, height: 256, box: [48, 68, 140, 187] });
    expect((await set.load(set.items.indexOf(good!), 64)).length).toBe(64 * 64 * 3);

    const bad = set.items.find((item) => item.id === 'bad');
    const said = [...set.rejected.map(({ item, reason }) => `${item}: ${reason}`), ...set.notices];
    if (SPEAKS_OF[id]) expect(said.join('\n')).toMatch(SPEAKS_OF[id]);
    else expect(said).toEqual([]);

    if (expected.startsWith('skip_item') || expected === 'reject_item') {
      expect(bad).toBeUndefined();
      expect(set.rejected).toHaveLength(1);
    } else if (expected === 'warn') {
      expect(set.notices).toHaveLength(2);
      expect(set.items).toHaveLength(1);
    } else {
      const index = set.items.indexOf(bad!);
      expect(bad).toMatchObject({ width: 192, height: 256 });
      bad!.box!.forEach((value, at) => {
        expect(value).toBeCloseTo((BOXES[id] ?? CARD)[at]!, id === 'size_mismatch' ? -0.3 : 9);
      });
      await expectCard(await set.load(index, 64), id);
    }
  });
});

/** What the other formats must come to: usable items, rejected ones, and the words of it. Undefined: the set is refused. */
const OTHERS: Record<string, { usable?: number; rejected?: number; words?: RegExp }> = {
  csv_nan: {
    usable: 1,
    rejected: 1,
    words: /line 3: xmin must be a number, got "nan"; .*line 4: .*got ""; .*line 5: .*"1e400"/,
  },
  csv_missing_column: { words: /annotations\.csv: line 1: the column ymax \(or y2, bottom\) is missing/ },
  csv_quotes_bom_crlf: { usable: 2 },
  csv_header_only: { words: /no images/ },
  csv_columns_reordered: { usable: 1 },
  csv_path_traversal: { usable: 1, rejected: 1, words: /refused: .*secret\.jpg" leaves the folder/ },
  coco_duplicate_image_ids: {
    words: /image id 1 is used more than once.*annotation 2 is of image 2, which is not there/,
  },
  coco_duplicate_annotation_ids: { usable: 2, words: /annotation id 1 is used more than once/ },
  coco_negative_width: { usable: 1, rejected: 1, words: /annotation 2: the box has no area: its width is -5/ },
  coco_short_bbox: { usable: 1, rejected: 1, words: /annotation 2: "bbox" must be four numbers, got \[1,2,3\]/ },
  coco_sparse_category_ids: { usable: 2 },
  coco_nan_json: { words: /instances\.json: not JSON at line 1, column 211: unexpected "NaN, / },
  coco_proto_key: { usable: 2 },
  yolo_pixels: { usable: 1, rejected: 1, words: /labels\/bad\.txt: line 1: numbers must be in \[0, 1\].*got 41/ },
  yolo_class_out_of_range: { usable: 1, rejected: 1, words: /class 17 is not one of the 4 classes, 0 to 3/ },
  yolo_nan: { usable: 1, rejected: 1, words: /expected numbers, got "nan"/ },
  yolo_segment_line: { usable: 2 },
  yolo_missing_label: { usable: 1, rejected: 1, words: /no label file labels\/bad\.txt/ },
};

describe.skipIf(!present)(`bad inputs, COCO, YOLO and CSV${skipped}`, () => {
  it('knows every case', () => {
    expect(casesOf('csv', 'coco', 'yolo').map(({ id }) => id)).toEqual(Object.keys(OTHERS));
    expect(casesOf('voc', 'csv', 'coco', 'yolo')).toHaveLength(manifest.cases.length);
  });

  it.each(casesOf('csv', 'coco', 'yolo'))('$id: $expect', async ({ id, path, format }) => {
    const directory = fileURLToPath(new URL(path, folder));
    const { usable, rejected = 0, words } = OTHERS[id]!;
    if (usable === undefined) {
      await expect(readDataset(directory, { imageSize: 64 })).rejects.toThrow(words!);
      return;
    }
    const set = await readDataset(directory, { imageSize: 64 });
    const said = [...set.rejected.map(({ item, reason }) => `${item}: ${reason}`), ...set.notices];
    if (words) expect(said.join('\n')).toMatch(words);
    else expect(said).toEqual([]);
    expect([set.items.length, set.rejected.length]).toEqual([usable, rejected]);
    const good = set.items.find((item) => item.id.includes('good'));
    expect(good).toMatchObject({ className: 'playing_card', width: 192, height: 256 });
    good!.box!.forEach((value, at) => {
      expect(value).toBeCloseTo([41, 98, 116, 197][at]!, format === 'yolo' ? 3 : 9);
    });
    expect((await set.load(set.items.indexOf(good!), 64)).length).toBe(64 * 64 * 3);
  });

  it('maps sparse category ids to 0 ... K - 1', async () => {
    const set = await readDataset(fileURLToPath(new URL('coco_sparse_category_ids', folder)));
    expect(set.classes).toEqual(['playing_card', 'raccoon']);
    expect(set.items.map(({ label }) => label)).toEqual([0, 1]);
  });

  it('leaves the prototype of objects alone', async () => {
    await readDataset(fileURLToPath(new URL('coco_proto_key', folder)));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('takes the bounds of a polygon', async () => {
    const set = await readDataset(fileURLToPath(new URL('yolo_segment_line', folder)));
    const [x1, y1, x2, y2] = set.items.find(({ id }) => id === 'images/bad.jpg')!.box!;
    [x1 / 192, y1 / 256, x2 / 192, y2 / 256].forEach((value, at) => {
      expect(value).toBeCloseTo([0.1, 0.1, 0.9, 0.9][at]!, 9);
    });
  });
});

/** The pictures of every accepted case show the same upright card, so a wrong turn or scale of brightness shows. */
async function expectCard(pixels: Uint8Array, id: string): Promise<void> {
  const reference = await readDataset(fileURLToPath(new URL('xml_bom_utf8', folder)), {
    split: 'train',
    imageSize: 64,
  });
  const card = await reference.load(
    reference.items.findIndex((item) => item.id === 'bad'),
    64,
  );
  const grey = (bytes: Uint8Array, at: number) => 0.299 * bytes[at]! + 0.587 * bytes[at + 1]! + 0.114 * bytes[at + 2]!;
  let difference = 0;
  for (let at = 0; at < pixels.length; at += 3) difference += Math.abs(grey(pixels, at) - grey(card, at));
  expect(difference / (pixels.length / 3), id).toBeLessThan(id === 'img_rgba' ? 6 : 3);
  if (id.startsWith('img_grey')) {
    for (let at = 0; at < pixels.length; at += 3) {
      expect([pixels[at + 1], pixels[at + 2]]).toEqual([pixels[at], pixels[at]]);
    }
  }
}
