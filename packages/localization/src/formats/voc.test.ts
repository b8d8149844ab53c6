import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDataset } from '../folder/read-dataset.js';
import { uprightBox } from '../images.js';
import { annotationXml, markedPicture, objectXml, type TestFolder, vocFolder } from '../testing/voc-folder.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await vocFolder();
});
afterEach(() => folder.remove());

/** Adds the item "bad" with this XML and a copy of the good picture, and says what became of it. */
async function outcome(xml: string | Uint8Array, picture?: Uint8Array) {
  await folder.write('Annotations/bad.xml', xml);
  const fallback = await markedPicture(40, 30, [10, 5, 30, 25]).png().toBuffer();
  await folder.write('JPEGImages/bad.jpg', picture ?? fallback);
  const set = await readDataset(folder.path);
  expect(set.items.some((item) => item.id === 'good')).toBe(true);
  return {
    reason: set.rejected.find(({ item }) => item === 'bad')?.reason,
    item: set.items.find((item) => item.id === 'bad'),
    notices: set.notices,
  };
}

describe('boxes', () => {
  it('turns 1-based inclusive numbers into continuous pixels', async () => {
    const set = await readDataset(folder.path);
    expect(set.items).toEqual([
      { id: 'good', width: 40, height: 30, box: [10, 5, 30, 25], label: 0, className: 'card' },
    ]);
    expect(set.classes).toEqual(['card']);
    expect(set.notices).toEqual([]);
    expect(set.rejected).toEqual([]);
  });

  it.each([
    [['nan', 1, 9, 9], /xmin must be a number, got "nan"/],
    [[1, '', 9, 9], /ymin must be a number, got ""/],
    [[1, 1, '1e999', 9], /xmax must be a number, got "1e999"/],
    [[1, 1, '0x10', 9], /xmax must be a number, got "0x10"/],
    [[9, 1, 9, 9], /no area: xmin is 9, xmax is 9/],
    [[1, 9, 9, 4], /no area: ymin is 9, ymax is 4/],
    [[41, 1, 50, 9], /box 41, 1, 50, 9 lies outside the picture of 40 x 30 pixels/],
    [[-9, 1, 0, 9], /outside/],
  ])('refuses %j', async (box, reason) => {
    expect((await outcome(annotationXml({ objects: [objectXml('card', box)] }))).reason).toMatch(reason);
  });

  it('clips what sticks out, with a notice', async () => {
    const { item, notices } = await outcome(annotationXml({ objects: [objectXml('card', [0, -3, 30, 31])] }));
    expect(item?.box).toEqual([0, 0, 30, 30]);
    expect(notices.join()).toMatch(/bad: box 0, -3, 30, 31 sticks out/);
  });

  it('takes the largest of several objects, with a notice', async () => {
    const objects = [objectXml('ace', [1, 1, 5, 5]), objectXml('king', [2, 2, 30, 30]), objectXml('ace', [1, 1, 9, 9])];
    const { item, notices } = await outcome(annotationXml({ objects }));
    expect(item).toMatchObject({ className: 'king', box: [1, 1, 30, 30] });
    expect(notices.join()).toMatch(/3 objects, the largest is taken \(king\)/);
  });

  it('refuses an item if any of its boxes is broken: it might be the largest', async () => {
    const objects = [objectXml(), objectXml('card', [1, 1, 'x', 9])];
    expect((await outcome(annotationXml({ objects }))).reason).toMatch(/object 2 \("card"\): xmax/);
  });

  it('rescales a box in a frame of the same shape and refuses another shape', async () => {
    const xml = (width: number, height: number) =>
      annotationXml({ width, height, objects: [objectXml('card', [21, 11, 60, 50])] });
    expect((await outcome(xml(80, 60))).item?.box).toEqual([10, 5, 30, 25]);
    expect((await outcome(xml(80, 90))).reason).toMatch(/80 x 90, the picture 40 x 30: their shapes differ/);
  });

  it('does without <size>, and with zeros in it', async () => {
    expect((await outcome(`<annotation>${objectXml()}</annotation>`)).item?.box).toEqual([10, 5, 30, 25]);
    expect((await outcome(annotationXml({ width: 0, height: 0 }))).item?.box).toEqual([10, 5, 30, 25]);
  });
});

describe('EXIF orientation', () => {
  it.each([5, 6, 7, 8])(
    '%i: takes the box in the upright frame, or turns it from the stored one',
    async (orientation) => {
      const picture = await markedPicture(40, 24, [4, 2, 16, 20]).withMetadata({ orientation }).png().toBuffer();
      const turned = uprightBox([4, 2, 16, 20], orientation, 40, 24);
      const storedXml = annotationXml({ width: 40, height: 24, objects: [objectXml('card', [5, 3, 16, 20])] });
      const stored = await outcome(storedXml, picture);
      expect(stored.item).toMatchObject({ width: 24, height: 40, box: turned });
      expect(stored.notices.join()).toMatch(
        /40 x 24, the picture 24 x 40 after its EXIF orientation: the box is turned/,
      );

      const [x1, y1, x2, y2] = turned;
      const objects = [objectXml('card', [x1 + 1, y1 + 1, x2, y2])];
      const upright = await outcome(annotationXml({ width: 24, height: 40, objects }), picture);
      expect(upright.item).toEqual(stored.item);
      expect(upright.notices).toEqual([]);
    },
  );
});

describe('XML from strangers', () => {
  it.each([
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', /document type declaration/],
    [
      'external entities',
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation>&b;</annotation>',
      /document type/,
    ],
    ['a cut tag', annotationXml({}).slice(0, -5), /Annotations\/bad\.xml: the XML is malformed at line 1/],
    ['no XML', 'hello', /malformed at line 1/],
    ['an empty file', '', /malformed/],
    ['another root', '<voc></voc>', /no <annotation>/],
    ['no object', '<annotation></annotation>', /no object in it/],
    ['no name', `<annotation>${objectXml('')}</annotation>`, /object 1 has no <name>/],
    ['no box', '<annotation><object><name>card</name></object></annotation>', /object 1 \("card"\) has no <bndbox>/],
    ['a reserved name', '<annotation><__proto__>x</__proto__></annotation>', /the XML is refused/],
    ['deep nesting', `${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}`, /refused|no <annotation>/],
  ])('refuses %s', async (_name, xml, reason) => {
    expect((await outcome(xml)).reason).toMatch(reason);
  });

  it('refuses bytes that are not UTF-8', async () => {
    expect((await outcome(new Uint8Array([0x3c, 0xff, 0xfe]))).reason).toMatch(/not UTF-8/);
  });

  it('reads a byte-order mark, entities in names, and text that looks like a number', async () => {
    const objects = [objectXml('R&amp;D caf&#233;')];
    expect((await outcome(`\ufeff${annotationXml({ objects })}`)).item?.className).toBe('R&D café');
    expect((await outcome(annotationXml({ objects: [objectXml('007')] }))).item?.className).toBe('007');
  });
});
