import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { claim } from './claim.js';
import { plain, requestFor } from './contenders.js';
import { loadJob } from './job.js';
import { ChildPool, StoppedError } from './pool.js';
import { makeFolders } from './store.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-pool-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module whose job does what the body says. */
function moduleOf(name: string, body: string, rest = ''): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `export const createJob = () => ({
      losses: ['a'], metrics: [{ name: 'm', higherIsBetter: true, losses: ['a'] }], ${rest}
      async run(request, { signal }) { ${body} },
    });`,
  );
  return pathToFileURL(file).href;
}
const poolOf = async (name: string, body: string) => {
  const out = join(folder, `out-${name}`);
  await makeFolders(out);
  return new ChildPool({ job: { module: moduleOf(name, body), options: null }, out, jobs: 1, onProgress: () => {} });
};
const REST = 'losses: {}, firstLosses: {}, meanWeights: {}, steps: 1, secondsPerStep: 1';
const request = requestFor(plain('sum'), 0.1, 1);

describe('a run that goes wrong', () => {
  test('an error of the job names the run', async () => {
    const pool = await poolOf('throws', 'throw new Error("no such picture")');
    await expect(pool.run(request)).rejects.toThrow('sum, learning rate 0.1, seed 1: no such picture');
  });

  test('a process that dies is told with what it said last', async () => {
    const pool = await poolOf(
      'dies',
      'console.error("out of memory"); process.kill(process.pid, "SIGKILL"); await new Promise(() => {});',
    );
    await expect(pool.run(request)).rejects.toThrow('seed 1: its process was ended by SIGKILL: out of memory');
  });

  test('a number that is not finite is a diverged run, wherever it is', async () => {
    const pool = await poolOf('nan', `return { metrics: { m: NaN }, ${REST} }`);
    expect(await pool.run(request)).toEqual({ diverged: 'metrics "m" is NaN' });
  });

  test('losses that a method cannot weigh are one, too', async () => {
    const core = new URL('../../../counterpoise/dist/index.js', import.meta.url).href;
    const pool = await poolOf(
      'refused',
      `const { createBalancer } = await import(${JSON.stringify(core)});
       createBalancer('log-sum', { tasks: ['a'] }).weigh({ losses: { b: 1 } });`,
    );
    expect(await pool.run(request)).toEqual({ diverged: expect.stringContaining('"b"') });
  });

  test('stopping asks the child, which ends without a result, and drops what waits', async () => {
    const pool = await poolOf(
      'slow',
      'await new Promise((end) => signal.addEventListener("abort", end)); await new Promise((end) => setTimeout(end, 20));',
    );
    const both = Promise.allSettled([pool.run(request), pool.run({ ...request, seed: 2 })]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await pool.stop();
    for (const outcome of await both) {
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(StoppedError);
    }
  });
});

test('a module that is no job is refused', async () => {
  const bad = (name: string, rest: string) => loadJob({ module: moduleOf(name, '', rest), options: null });
  await expect(bad('names', "losses: ['a', 'a'],")).rejects.toThrow('"losses" must be different names without , and :');
  await expect(bad('comma', "losses: ['a,b'],")).rejects.toThrow('got ["a,b"]');
  await expect(bad('no-task', "metrics: [{ name: 'm', higherIsBetter: true }],")).rejects.toThrow(
    '"metrics" must have',
  );
  await expect(bad('strange', "metrics: [{ name: 'm', higherIsBetter: true, losses: ['z'] }],")).rejects.toThrow(
    '"losses" of metric "m" must be of a, got ["z"]',
  );
  writeFileSync(join(folder, 'empty.mjs'), '');
  const empty = pathToFileURL(join(folder, 'empty.mjs')).href;
  await expect(loadJob({ module: empty, options: null })).rejects.toThrow('must export a function "createJob"');
});

describe('a claim', () => {
  const file = join(folder, 'claim.pid');

  test('is given up and taken again; of a process that is gone it is taken over', async () => {
    (await claim(file, 0))();
    const release = await claim(file, 0);
    await expect(claim(file, 50)).rejects.toThrow(`process ${process.pid} is at work here, says "${file}"`);
    release();
    for (const stale of ['999999999', '', 'rubbish', '-1']) {
      writeFileSync(file, stale);
      (await claim(file, 0))();
    }
  });

  test('waits for the other one', async () => {
    const release = await claim(file, 0);
    setTimeout(release, 50);
    (await claim(file, 5000))();
  });
});
