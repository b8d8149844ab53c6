import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TINY } from './command.test.helper.js';
import { runHere } from './run-here.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-diagnose-localize-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The job of TINY. */
const JOB = TINY.slice(2);
const diagnose = (...args: string[]) => runHere(['diagnose', 'localize', ...args]);

it('measures a job, names the trouble, and gives the command with its options', async () => {
  const report = join(folder, 'page.html');
  const args = [...JOB, '--no-augment', '--priority', 'class=2,box=1', '--balance', 'sum', '--lr', '1e-6'];
  const { code, stdout } = await diagnose(...args, '--steps', '10', '--report', report);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^finding {2}over 10 steps the gradient of "box" .* times .* as long as that of "class"/m);
  const job =
    'counterpoise train localize --generated --generated-train 16 --generated-val 6 --image-size 16 --priority class=2,box=1 ' +
    '--box-loss mse ' +
    '--lr 0.000001 --epochs 2 --batch-size 4 --no-augment --threads 1';
  expect(stdout).toMatch(new RegExp(`^ {9}${job} --standardize-targets$`, 'm'));
  expect(stdout).toMatch(new RegExp(`^ {9}${job} --balance (log-sum|ema|norm-equalize)$`, 'm'));
  expect(stdout.trimEnd().endsWith(`report   ${report}`)).toBe(true);
  expect(readFileSync(report, 'utf8')).toContain('Mean cosines');
  expect(readdirSync(folder)).toEqual(['page.html']);
});

it('--run: from the last checkpoint, without a change', async () => {
  const out = join(folder, 'run');
  expect((await runHere([...TINY, '--out', out, '--json'])).code).toBe(0);
  const before = readdirSync(out, { recursive: true });
  const { code, stdout } = await diagnose('--run', out, '--steps', '8', '--json');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ run: out, balance: 'running-max', steps: 8 });
  expect(result.scenarios.map(({ title }: { title: string }) => title)).toContain('as trained');
  expect(readdirSync(out, { recursive: true })).toEqual(before);
  expect(await diagnose('--run', out, '--epochs', '3')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--run has the options of its run: leave out --epochs\n'),
  });
});

it.each<[string[], string, number]>([
  [[], 'give --data DIR, or --generated for generated pictures, or --run DIR', 2],
  [['--run', join(folder, 'none')], '--run: there is no run in', 2],
  [[...JOB, '--steps', '0'], 'integer in [1, 1000]', 2],
  [[...JOB, '--balance', 'nothing'], 'nothing', 2],
])('%j: refused in one line', async (args, message, expected) => {
  const { code, stdout, stderr } = await diagnose(...args);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
