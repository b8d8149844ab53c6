import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { counterpoise, start } from './command.test.helper.js';
import { runHere } from './run-here.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** Runs of two steps on pictures of 16 x 16. */
const TINY =
  'compare localize --generated --generated-train 8 --generated-val 6 --image-size 16 --box-loss mse --batch-size 4 --epochs 1 --learning-rates 0.001 --seeds 1'.split(
    ' ',
  );

test('Ctrl-C saves and says how to resume; resuming ends with a table, a page and files', async () => {
  const out = at('stopped');
  const running = start([...TINY, '--methods', 'ema beta=0.9', '--out', out], folder);
  const results = join(out, 'results');
  while (running.process.exitCode === null && !(existsSync(results) && readdirSync(results).length >= 2))
    await sleep(20);
  running.process.kill('SIGINT');
  const stopped = await running.outcome;
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toBe(
    `interrupted, everything is saved. Resume with: counterpoise compare localize --out ${out} --resume\n`,
  );
  const before = readdirSync(results).filter((name) => name.endsWith('.json'));
  const texts = before.map((name) => readFileSync(join(results, name), 'utf8'));
  expect(before.length).toBeGreaterThanOrEqual(1);

  const { code, stdout, stderr } = await counterpoise(
    ['compare', 'localize', '--out', out, '--resume', '--json'],
    folder,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const runs = events.filter(({ event }) => event === 'run');
  // At one rate: two baselines, four methods, the search, one extraction; under one seed: two baselines, six methods.
  expect(runs).toHaveLength(2 + 4 + 1 + 1 + 2 + 6);
  expect(runs.filter(({ isOld }) => isOld)).toHaveLength(before.length);
  expect(before.map((name) => readFileSync(join(results, name), 'utf8'))).toEqual(texts);
  const result = events.at(-1);
  expect(result.event).toBe('result');
  expect(result.rows.map(({ name }: { name: string }) => name)).toEqual([
    'sum',
    'log-sum',
    'random',
    'ema beta=0.9',
    'static (search)',
    expect.stringMatching(/^static \(from (log-sum|ema beta=0\.9)\)$/),
  ]);
  expect(result.findings[0]).toMatch(/^One seed: no difference can be told from noise/);
  expect(readFileSync(result.report, 'utf8')).toContain('Balancing methods on the localizer');
  expect(readFileSync(result.csv, 'utf8')).toMatch(/^method,kind,learningRate,metric\/accuracy\/mean/);
  // A hundred runs must not keep a hundred networks.
  expect(readdirSync(join(out, 'runs')).some((run) => existsSync(join(out, 'runs', run, 'checkpoints')))).toBe(false);

  const other = await runHere(['compare', 'localize', '--out', out, '--resume', '--epochs', '9']);
  expect(other.code).toBe(2);
  expect(other.stderr).toBe(
    `error: --resume: the comparison in "${out}" has "epochs" 1, got 9: leave it out, or choose a new folder\n`,
  );
  const schedule = await runHere(['compare', 'localize', '--out', out, '--resume', '--schedule', 'step']);
  expect(schedule.stderr).toContain('has "schedule" "cosine", got "step"');
  const more = await runHere(['compare', 'localize', '--out', out, '--resume', '--methods', 'sum,modo']);
  expect(more.code).toBe(2);
  expect(more.stderr).toContain('"balance" modo takes 3 batches per step, and an epoch of 8 pictures has 2');
  expect(JSON.parse(readFileSync(join(out, 'compare.json'), 'utf8')).methods).toEqual(['ema beta=0.9']);
  expect((await runHere([...TINY, '--out', out])).stderr).toBe(
    `error: --out "${out}" holds a comparison already: add --resume, or choose another folder\n`,
  );
  writeFileSync(join(out, 'compare.json'), '{"methods": "all"}');
  expect((await runHere(['compare', 'localize', '--out', out, '--resume'])).stderr).toBe(
    `error: --resume: "${join(out, 'compare.json')}" must hold "methods", "learningRates" and "seeds"\n`,
  );
}, 300_000);

test.each([
  [['compare', 'localize'], 'give --data DIR, or --generated for generated pictures'],
  [[...TINY, '--data', 'x'], '--data and --generated exclude each other: give one'],
  [[...TINY, '--methods', 'ema,best'], 'there is no method "best"; the methods are sum, '],
  [[...TINY, '--learning-rates', '0.1,x'], 'It must be numbers greater than 0 with commas between them, got "x".'],
  [[...TINY, '--learning-rates', '0.1,1e-1'], 'The rates must be different.'],
  [[...TINY, '--methods', 'static,modo'], '"balance" modo takes 3 batches per step, and an epoch of 8 pictures has 2'],
  [[...TINY, '--methods', 'ema,modo rho=0.2'], '"balance" modo takes 3 batches per step, and an epoch of 8 pictures'],
  [[...TINY, '--methods', 'ema beta=2'], '"beta" must be'],
  [[...TINY, '--static-runs', '0'], 'It must be an integer in [1, 1000].'],
  [[...TINY, '--seeds', '0'], 'It must be an integer in [1, 1000].'],
  [[...TINY, '--epochs', '0'], '"epochs" must be an integer in [1, 1000000], got 0'],
  [['compare', 'localize', '--resume'], '--resume needs --out: the folder of the comparison'],
  [['compare', 'localize', '--resume', '--out', 'nowhere'], '--resume: there is no comparison in "nowhere"'],
])('%j is a wrong command line', async (args, message) => {
  const { code, stderr } = await runHere(
    args.includes('--out') ? args : [...args, ...(args.includes('--resume') ? [] : ['--out', at('wrong')])],
  );
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(existsSync(at('wrong'))).toBe(false);
});

test('a folder with something else in it is left alone', async () => {
  mkdirSync(at('full'));
  writeFileSync(join(at('full'), 'thesis.txt'), 'words');
  const { code, stderr } = await runHere([...TINY, '--out', at('full')]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: --out "${at('full')}" is not empty: choose a new folder\n`,
  });
  expect(readdirSync(at('full'))).toEqual(['thesis.txt']);
  const file = join(at('full'), 'thesis.txt');
  expect((await runHere([...TINY, '--out', file])).stderr).toBe(
    `error: --out "${file}" is a file: choose a new folder\n`,
  );
});
