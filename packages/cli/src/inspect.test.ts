import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawBoxes } from '@counterpoise/localization';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runHere } from './run-here.test.helper.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counterpoise-inspect-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Pictures 0.png, 1.png, ... of random dots, and a table of these rows after the header. */
async function table(pictures: number, rows: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'boxes.csv'), `path,class,x1,y1,x2,y2,split\n${rows.join('\n')}\n`);
  for (let index = 0; index < pictures; index++) {
    const pixels = Uint8Array.from(
      { length: 16 * 16 * 3 },
      (_, at) => (at * 7919 * (index + 1) + index * 104_729) % 251,
    );
    const size = { width: 16, height: 16 };
    const png = await drawBoxes({ picture: { pixels, ...size }, frame: size, width: 32 });
    writeFileSync(join(folder, `${index}.png`), png);
  }
}

const ROWS = [
  '0.png,ace,2,2,18,18,train',
  '1.png,king,0,0,32,16,train',
  '2.png,ace,2,2,10,10,val',
  '3.png,ace,2,2,10,10,val',
];

describe('inspect', () => {
  test('counts pictures without a class or without a box, where they are kept', async () => {
    await table(5, [...ROWS, '4.png,king,,,,,train', '2.png,,1,1,20,20,val']);
    const { stdout } = await runHere(['inspect', folder, '--partly-labelled', 'keep']);
    for (const part of [/ace +2 +1 +1\n/, /king +2 +2 +0\n/, /\(no class\) +1 +0 +1\n/, /sum +5 +3 +2\n/]) {
      expect(stdout).toMatch(part);
    }
    expect(stdout).toMatch(/of them without a box +1 +1 +0\n/);
    expect((await runHere(['inspect', folder])).stdout).not.toContain('without a box');
  });

  test('says what there is, what is left out and why', async () => {
    await table(3, [...ROWS, '0.png,ace,9,9,5,5,train', '"\u001b[2Jx.png",ace,1,1,2,2,val']);
    const { code, stdout, stderr } = await runHere(['inspect', folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of [
      /format +csv/,
      /usable +2 of 5 pictures/,
      /class +all +train +val/,
      /ace +1 +0 +1/,
      /king +1 +1 +0/,
      /sum +2 +1 +1/,
      /box \/ picture +smallest +5 % +25 % +median/,
      /height +0\.250/,
      /left out: 3\n/,
      /near-duplicates across splits: none/,
      / {2}0\.png: boxes\.csv line 6: the box has no area: 9, 9, 5, 5/,
      / {2}3\.png: there is no picture/,
      / {2}\\u001b\[2Jx\.png: there is no picture/,
    ]) {
      expect(stdout).toMatch(part);
    }
    expect(stdout).not.toContain('\u001b');
  });

  test('--json prints one object', async () => {
    await table(4, ROWS);
    const { code, stdout } = await runHere(['inspect', folder, '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(JSON.parse(stdout)).toMatchObject({ data: folder, format: 'csv', pictures: 4, usable: 4, rejected: [] });
  });

  test('--report writes a page', async () => {
    await table(4, ROWS);
    const page = join(folder, 'page.html');
    const { stdout } = await runHere(['inspect', folder, '--report', page]);
    expect(stdout).toContain(`report  ${page}`);
    expect(readFileSync(page, 'utf8').match(/data:image\/jpeg/g)).toHaveLength(4);
  });

  test('--fold and --val-fraction show the splits of the training with them', async () => {
    await table(4, ROWS);
    const splits = async (...options: string[]) => {
      const { code, stdout } = await runHere(['inspect', folder, '--json', ...options]);
      expect(code).toBe(0);
      return JSON.parse(stdout).splits.map(({ drawn, pictures }: { drawn: boolean; pictures: number }) => {
        return [drawn, pictures];
      });
    };
    expect(await splits('--fold', '1/4')).toEqual([
      [true, 3],
      [true, 1],
    ]);
    expect(await splits('--val-fraction', '0.5', '--seed', '2')).toEqual([
      [true, 2],
      [true, 2],
    ]);
    expect((await runHere(['inspect', folder, '--fold', '1/4'])).stdout).toMatch(/train \(drawn\) +val \(drawn\)/);
  });

  test.each([
    [['--fold', '1/5'], 1, /^error: data set .*: "fold.of" must be an integer in \[2, 4\], got 5\n$/],
    [['--fold', '5/4'], 2, /like 2\/5, the second of five folds, got "5\/4"/],
    [['--val-fraction', '1'], 2, /"valFraction" must be a number greater than 0 and less than 1, got 1/],
    [['--fold', '1/2', '--val-fraction', '0.5'], 2, /"valFraction" and "fold" exclude each other: give one/],
  ])('%j is refused in the words of train localize', async (options, expected, message) => {
    await table(4, ROWS);
    const inspected = await runHere(['inspect', folder, ...options]);
    expect({ code: inspected.code, stdout: inspected.stdout }).toEqual({ code: expected, stdout: '' });
    expect(inspected.stderr).toMatch(message);
    const trained = await runHere(['train', 'localize', '--data', folder, '--out', join(folder, 'run'), ...options]);
    expect(trained.code).toBe(expected);
    expect(trained.stderr.split(' (see ')[0]).toContain(inspected.stderr.trimEnd().split(' (see ')[0]);
  });

  test.each([[[]], [['--json']]])('ends with 1 if nothing can be used, and says why: %j', async (more) => {
    await table(0, ROWS);
    const { code, stdout, stderr } = await runHere(['inspect', folder, ...more]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.match(/there is no picture/g)).toHaveLength(4);
  });
});

const photos = fileURLToPath(new URL('../../../../shared/data/cards-and-boards', import.meta.url));
const present = existsSync(photos);
test.skipIf(!present)(
  `real photos${present ? '' : ': SKIPPED, ../shared/data/cards-and-boards is not there'}`,
  async () => {
    const two = JSON.parse((await runHere(['inspect', photos, '--json'])).stdout);
    expect(two).toMatchObject({ format: 'voc', pictures: 288, usable: 288, rejected: [] });
    expect(two.splits.map(({ pictures }: { pictures: number }) => pictures)).toEqual([230, 58]);
    const ten = JSON.parse((await runHere(['inspect', photos, '--format', 'csv', '--json'])).stdout);
    expect(ten).toMatchObject({ format: 'csv', usable: 288 });
    expect(ten.classes).toHaveLength(10);
  },
);
