/** Folders that cannot be made: one line, no endless loop, nothing trained. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runHere } from './run-here.test.helper.js';

const TINY = '--generated-train 8 --generated-val 6 --epochs 1'.split(' ');
const JOB = [...TINY, '--generated', '--image-size', '16', '--batch-size', '4'];

test
  .runIf(existsSync('/proc/self'))
  .each([
    [['train', 'localize', ...JOB, '--out', '/proc/x']],
    [['train', 'localize', ...JOB, '--out', '/proc/x/y/z']],
    [['compare', 'localize', ...JOB, '--out', '/proc/x']],
    [['demo', ...TINY, '--out', '/proc/x']],
  ])('%j', async (args) => {
  const { code, stderr } = await runHere(args);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: cannot make the folder "\/proc\/x.*": (no folder can be made in that place|permission denied)\n$/,
  );
});
