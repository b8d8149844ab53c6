import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { iou } from './metrics.js';
import { readVoc } from './voc.js';

const folder = fileURLToPath(new URL('../../../../shared/data/cards-and-boards', import.meta.url));
const present = existsSync(folder);

describe.skipIf(!present)(
  `real photos${present ? '' : ': SKIPPED, ../shared/data/cards-and-boards is not there'}`,
  () => {
    it('reads both splits without a word, and always guessing the mean box overlaps by about 0.4', async () => {
      const [train, val, all] = [
        await readVoc(folder, { split: 'train' }),
        await readVoc(folder, { split: 'val' }),
        await readVoc(folder),
      ];
      expect([train.items.length, val.items.length, all.items.length]).toEqual([230, 58, 288]);
      expect([...train.notices, ...train.rejected, ...val.notices, ...val.rejected]).toEqual([]);
      expect(train.classes).toEqual(['playing_card', 'microcontroller']);
      const unit = train.items.map(({ box, width, height }) =>
        box.map((value, at) => value / (at % 2 ? height : width)),
      );
      const mean = [0, 1, 2, 3].map((at) => unit.reduce((sum, box) => sum + box[at]!, 0) / unit.length);
      const overlap = val.items.reduce((sum, { box, width, height }) => {
        const guess = mean.map((value, at) => value * (at % 2 ? height : width));
        return sum + iou(guess, box) / val.items.length;
      }, 0);
      expect(overlap).toBeGreaterThan(0.3);
      expect(overlap).toBeLessThan(0.5);
    });
  },
);
