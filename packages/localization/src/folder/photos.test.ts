import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { iou } from '../metrics.js';
import { testFolder } from '../testing/voc-folder.js';
import { readDataset } from './read-dataset.js';

const folder = fileURLToPath(new URL('../../../../../shared/data/cards-and-boards', import.meta.url));
const present = existsSync(folder);

describe.skipIf(!present)(
  `real photos${present ? '' : ': SKIPPED, ../shared/data/cards-and-boards is not there'}`,
  () => {
    it('reads both splits without a word, and always guessing the mean box overlaps by about 0.4', async () => {
      const [train, val, all] = [
        await readDataset(folder, { split: 'train' }),
        await readDataset(folder, { split: 'val' }),
        await readDataset(folder),
      ];
      expect([train.items.length, val.items.length, all.items.length]).toEqual([230, 58, 288]);
      expect([...train.notices, ...train.rejected, ...val.notices, ...val.rejected]).toEqual([]);
      expect(train.classes).toEqual(['playing_card', 'microcontroller']);
      const unit = train.items.map(({ box, width, height }) =>
        box!.map((value, at) => value / (at % 2 ? height : width)),
      );
      const mean = [0, 1, 2, 3].map((at) => unit.reduce((sum, box) => sum + box[at]!, 0) / unit.length);
      const overlap = val.items.reduce((sum, { box, width, height }) => {
        const guess = mean.map((value, at) => value * (at % 2 ? height : width));
        return sum + iou(guess, box!) / val.items.length;
      }, 0);
      expect(overlap).toBeGreaterThan(0.3);
      expect(overlap).toBeLessThan(0.5);
    });

    it.each([
      ['coco', 'instances_val.json', 'annotations/instances_val.json', 'images'],
      ['yolo', 'yolo', '.', 'images'],
      ['csv', 'val.csv', 'val.csv', 'JPEGImages'],
    ] as const)('gives the boxes of VOC in the form of %s', async (_format, from, to, pictures) => {
      const copy = await testFolder();
      try {
        const voc = await readDataset(folder, { split: 'val' });
        await mkdir(posix.join(copy.path, pictures));
        await mkdir(posix.join(copy.path, 'annotations'));
        for (const { id } of voc.items) {
          await cp(posix.join(folder, `JPEGImages/${id}.jpg`), posix.join(copy.path, pictures, `${id}.jpg`));
        }
        await cp(posix.join(folder, '../cards-and-boards-other-formats', from), posix.join(copy.path, to), {
          recursive: true,
        });
        const set = await readDataset(copy.path);
        expect([set.items.length, set.rejected]).toEqual([58, []]);
        const byStem = new Map(set.items.map((item) => [posix.parse(item.id).name, item]));
        for (const item of voc.items) {
          const other = byStem.get(item.id);
          expect(other).toMatchObject({ className: item.className, width: item.width, height: item.height });
          // The makers of these files did not count VOC's first pixel: its left and upper edges are one pixel further out.
          const [x1, y1, x2, y2] = item.box!;
          [x1 + 1, y1 + 1, x2, y2].forEach((value, at) => {
            expect(Math.abs(other!.box![at]! - value)).toBeLessThan(1e-3);
          });
        }
      } finally {
        await copy.remove();
      }
    });
  },
);
