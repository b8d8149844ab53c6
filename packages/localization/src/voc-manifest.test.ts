/** Walks the reference set of broken and odd inputs: every VOC and picture case does what its manifest asks for. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readVoc } from './voc.js';

const folder = new URL('../../../../shared/data/bad-inputs/', import.meta.url);
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
const cases = manifest.cases.filter((entry) => entry.format === 'voc');

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
  duplicate_ids_in_split: /"good" listed in both train\.txt and val\.txt/,
  img_decompression_bomb: /30000 x 30000/,
  img_tiny: /no area/,
};

describe.skipIf(!present)(`bad inputs${present ? '' : ': SKIPPED, ../shared/data/bad-inputs is not there'}`, () => {
  it('has the cases that this test knows', () => expect(cases.length).toBeGreaterThanOrEqual(26));

  it.each(cases)('$id: $expect', async ({ id, path, expect: expected }) => {
    const started = performance.now();
    const set = await readVoc(fileURLToPath(new URL(path, folder)), { split: 'train', imageSize: 64 });
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
      bad!.box.forEach((value, at) => {
        expect(value).toBeCloseTo((BOXES[id] ?? CARD)[at]!, id === 'size_mismatch' ? -0.3 : 9);
      });
      await expectCard(await set.load(index, 64), id);
    }
  });
});

/** The pictures of every accepted case show the same upright card, so a wrong turn or scale of brightness shows. */
async function expectCard(pixels: Uint8Array, id: string): Promise<void> {
  const reference = await readVoc(fileURLToPath(new URL('xml_bom_utf8', folder)), { split: 'train', imageSize: 64 });
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
