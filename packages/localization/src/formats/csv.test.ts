import { describe, expect, it } from 'vitest';
import { readDataset } from '../folder/read-dataset.js';
import { folderOf, PICTURE } from '../testing/picture-folder.js';
import { parseCsv } from './csv-rows.js';

async function read(files: Record<string, string>, options = {}) {
  const folder = await folderOf(files);
  try {
    return await readDataset(folder.path, options);
  } finally {
    await folder.remove();
  }
}

const HEADER = 'path,class,xmin,ymin,xmax,ymax\n';

describe('parseCsv', () => {
  it.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a\tb\r1\t2\r',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\n"1;1";"say ""x"""\n',
      [
        ['a', 'b'],
        ['1;1', 'say "x"'],
      ],
    ],
    [
      'a,b\n"two\nlines",',
      [
        ['a', 'b'],
        ['two\nlines', ''],
      ],
    ],
    [
      'a,b\n\n ,\n',
      [
        ['a', 'b'],
        [' ', ''],
      ],
    ],
    ['"a,a";b', [['a,a', 'b']]],
    ['', []],
  ])('%j', (text, cells) => {
    expect([...parseCsv(text).rows].map((row) => row.cells)).toEqual(cells);
  });

  it('counts lines also inside quotes', () => {
    expect([...parseCsv('a,b\n"x\r\ny",1\n\nlast,2').rows].map(({ line }) => line)).toEqual([1, 2, 5]);
  });

  it.each([
    ['a,b\n1,"2', 'line 2: a quote is opened and never closed'],
    ['a,b\n"1"x,2', 'line 2: a quoted field must end at its quote, got "x,2"'],
  ])('refuses %j', (text, message) => {
    expect(() => [...parseCsv(text).rows]).toThrow(message);
  });
});

describe('columns', () => {
  it.each([
    [`${HEADER}a.jpg,card,10,5,30,25`],
    ['ymax,filename,xmin,label,ymin,xmax\n25,a.jpg,10,card,5,30'],
    ['image,left,top,right,bottom,category\na.jpg,10,5,30,25,card'],
    ['filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,40,30,card,10,5,30,25'],
    ['filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,80,60,card,20,10,60,50'],
    ['File Path,X,Y,Width,Height,Class Name\na.jpg,10,5,20,20,card'],
    ['image_id,x1,y1,w,h,class\na,10,5,20,20,card'],
    ['path;class;xmin;ymin;xmax;ymax\r\na.jpg;card;10,0;5,0;30;25\r\n'],
    ['\ufeff"path","class","xmin","ymin","xmax","ymax"\n"./a.jpg","card","10","5","30","25"\n'],
    [`${HEADER}a.jpg,card,0.25,0.16666666666666666,0.75,0.8333333333333334`],
  ])('%j', async (text) => {
    const set = await read({ 'boxes.csv': text, 'a.jpg': PICTURE });
    expect(set.rejected).toEqual([]);
    expect(set.items).toMatchObject([{ className: 'card', box: [10, 5, 30, 25] }]);
  });

  it.each([
    ['path,class,xmin,ymin,ymax\n', /boxes\.csv: line 1: the column xmax \(or x2, right\) is missing/],
    ['class,x1,y1,x2,y2\n', /the column path \(or filename, filepath\) is missing; the header is "class,x1,y1,x2,y2"/],
    ['a,b\n', /the column path .* and class .* and xmin .* and ymin .* and xmax .* and ymax/],
    ['path,class,class,xmin,ymin,xmax,ymax\n', /there are two columns "class"/],
    ['', /no images: the file is empty/],
    [HEADER, /no images: there is no row below the header/],
  ])('%j is refused', async (text, message) => {
    await expect(read({ 'boxes.csv': text, 'a.jpg': PICTURE })).rejects.toThrow(message);
  });
});

describe('rows', () => {
  it.each([
    ['b.jpg,card,1,1,9', 'boxes.csv line 3: expected 6 fields as in the header, got 5'],
    ['b.jpg,,1,1,9,9', 'boxes.csv line 3: class must name a class, got nothing'],
    ['b.jpg,card,1,1,1,9', 'boxes.csv line 3: the box has no area: 1, 1, 1, 9'],
    ['b.jpg,card,1,1,0x9,9', 'boxes.csv line 3: xmax must be a number, got "0x9"'],
    ['b.jpg,card,1,1,9,9\nb.jpg,card,1,1,9,x', 'boxes.csv line 4: ymax must be a number, got "x"'],
    ['"../b.jpg",card,1,1,9,9', 'refused: the picture "../b.jpg" leaves the folder of the data set'],
    ['..\\b.jpg,card,1,1,9,9', 'refused: the picture "../b.jpg" leaves the folder of the data set'],
    ['/etc/b.jpg,card,1,1,9,9', 'refused: the picture "/etc/b.jpg" is an absolute path'],
    ['b,card,1,1,9,9', 'there is no picture b (nor in 20 other places)'],
    [',card,1,1,9,9', 'no picture is named'],
  ])('%j is reported, the rest loads', async (row, reason) => {
    const set = await read({ 'boxes.csv': `${HEADER}a.jpg,card,10,5,30,25\n${row}\n`, 'a.jpg': PICTURE });
    expect(set.rejected.map((rejected) => rejected.reason)).toEqual([reason]);
    expect(set.items).toHaveLength(1);
  });

  it('that are bad, of one picture in two files, are told up to three', async () => {
    const bad = (count: number) => HEADER + 'b.jpg,card,1\n'.repeat(count);
    const good = 'a.jpg,card,10,5,30,25\n';
    const set = await read({ 'a.csv': bad(2), 'b.csv': bad(4) + good, 'a.jpg': PICTURE });
    const problem = (file: string, line: number) => `${file} line ${line}: expected 6 fields as in the header, got 3`;
    const first = [problem('a.csv', 2), problem('a.csv', 3), problem('b.csv', 2)];
    expect(set.rejected).toEqual([{ item: 'b.jpg', reason: `${first.join('; ')} (and 3 more)` }]);
  });

  it('of one picture are its objects', async () => {
    const set = await read({ 'boxes.csv': `${HEADER}a.jpg,ace,1,1,9,9\na.jpg,king,1,1,20,20\n`, 'a.jpg': PICTURE });
    expect(set.items).toMatchObject([{ className: 'king', box: [1, 1, 20, 20] }]);
    expect(set.notices).toEqual(['a.jpg: 2 objects, the largest is taken (king)']);
  });
});

describe('splits', () => {
  const row = (name: string) => `images/${name}.jpg,card,10,5,30,25`;
  const pictures = Object.fromEntries(['a', 'b', 'c'].map((name) => [`images/${name}.jpg`, PICTURE]));

  it('go by a column', async () => {
    const header = HEADER.replace('\n', ',split\n');
    const files = { ...pictures, 'x.csv': `${header}${row('a')},Training\n${row('b')},valid\n${row('c')},test\n` };
    for (const [split, id] of [
      ['train', 'a'],
      ['val', 'b'],
      ['test', 'c'],
    ]) {
      expect((await read(files, { split })).items.map((item) => item.id)).toEqual([`images/${id}.jpg`]);
    }
  });

  it.each(['val.csv', 'valid/_annotations.csv', 'labels_validation.csv'])('go by the name %s', async (name) => {
    const files = { ...pictures, 'train.csv': HEADER + row('a'), [name]: HEADER + row('b') };
    expect((await read(files, { split: 'val' })).items.map((item) => item.id)).toEqual(['images/b.jpg']);
  });

  it('leave tables of other things out', async () => {
    const set = await read({ ...pictures, 'x.csv': HEADER + row('a'), 'sources.csv': 'id,url\n1,2\n' });
    expect(set.items).toHaveLength(1);
    expect(set.notices.join()).toMatch(/sources\.csv: line 1: the column .* is missing.*: left out/);
  });
});

describe('classes.txt', () => {
  const boxes = `${HEADER}a.jpg,ace,10,5,30,25\n`;

  it('gives the classes and their order', async () => {
    const set = await read({ 'boxes.csv': boxes, 'a.jpg': PICTURE, 'classes.txt': 'king\nace\n' });
    expect([set.classes, set.items[0]?.label, set.notices]).toEqual([['king', 'ace'], 1, []]);
  });

  it('of other labels does not count', async () => {
    const set = await read({ 'boxes.csv': boxes, 'a.jpg': PICTURE, 'classes.txt': 'card\nboard\n' });
    expect(set.classes).toEqual(['ace']);
    expect(set.notices).toEqual(['classes.txt names no class of these files: left out']);
  });
});
