import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRuns, MAX_RUNS } from './catalog.js';
import { makeRun, PNG, temporaryFolder, writeSteps } from './run-folder.test.helper.js';

let root: string;
beforeEach(() => {
  root = temporaryFolder();
});
afterEach(() => rmSync(root, { recursive: true }));

const names = async (folder = root) => (await findRuns(folder)).map(({ info }) => info.name);

test('a folder of runs, also in folders of it, and a run itself', async () => {
  makeRun(root, 'b');
  makeRun(root, join('group', 'a'));
  makeRun(root, join('b', 'inside-a-run'));
  makeRun(root, join('.hidden', 'x'));
  makeRun(root, join('1', '2', '3', '4'));
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, 'no-config'));
  writeSteps(join(root, 'no-config'), 1, 1);
  expect(await names()).toEqual(['b', 'group/a', 'no-config']);
  expect(await names(join(root, 'group', 'a'))).toEqual(['a']);
});

test('links are not followed, neither to runs nor to files', async () => {
  const elsewhere = temporaryFolder();
  makeRun(elsewhere, 'other', { secret: 1 });
  const run = makeRun(root, 'run');
  symlinkSync(join(elsewhere, 'other'), join(root, 'linked'));
  symlinkSync(join(elsewhere, 'other', 'config.json'), join(run, 'samples', 'a.png'));
  rmSync(join(run, 'config.json'));
  symlinkSync(join(elsewhere, 'other', 'config.json'), join(run, 'config.json'));
  writeSteps(run, 1, 1);
  const [found, ...rest] = await findRuns(root);
  expect(rest).toEqual([]);
  expect(found!.info).toMatchObject({ name: 'run', config: {}, samples: [] });
  rmSync(elsewhere, { recursive: true });
});

test('a picture has another address after it was drawn anew, and the same id', async () => {
  const run = makeRun(root, 'run');
  const picture = join(run, 'samples', 'a.png');
  writeFileSync(picture, PNG);
  writeFileSync(join(run, 'samples', 'script.svg'), '<svg/>');
  writeFileSync(join(run, 'samples', 'notes.html'), '<p>');
  const [before] = await findRuns(root);
  expect(before!.info.samples.map(({ name }) => name)).toEqual(['a.png']);
  utimesSync(picture, 1, 1);
  const [after] = await findRuns(root);
  const [old, renewed] = [before!.info.samples[0]!.url, after!.info.samples[0]!.url];
  expect(renewed).not.toBe(old);
  expect(renewed.split('?')[0]).toBe(old.split('?')[0]);
  expect([...after!.samples.values()]).toEqual([{ path: picture, contentType: 'image/png' }]);
});

test.each([
  ['{', 'config.json is not a JSON object'],
  ['[1]', 'config.json is not a JSON object'],
  ['null', 'config.json is not a JSON object'],
])('a config that is %s is a problem of the run, not of the page', async (text, problem) => {
  const run = makeRun(root, 'run');
  writeFileSync(join(run, 'config.json'), text);
  expect((await findRuns(root))[0]!.info).toMatchObject({ config: {}, problems: [problem] });
});

test('a config that is too large is not read', async () => {
  truncateSync(join(makeRun(root, 'run'), 'config.json'), 2 ** 21);
  expect((await findRuns(root))[0]!.info.problems).toEqual(['config.json is larger than 1 MiB']);
});

test('not more runs than a page can show', async () => {
  for (let index = 0; index < MAX_RUNS + 5; index++) makeRun(root, `run-${index}`);
  expect((await findRuns(root)).length).toBe(MAX_RUNS);
});

test('a folder that is not there is an error in one line', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(findRuns(join(root, 'nowhere'))).rejects.toThrow(/nowhere": there is no such folder$/);
  await expect(findRuns(join(root, 'file'))).rejects.toThrow(/file": it is no folder$/);
});
