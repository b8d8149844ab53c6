import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareMethods } from './compare.js';
import type { RunRequest } from './job.js';
import { writeComparison } from './page.js';
import { runName } from './store.js';
import { quadratics } from './testing/quadratics.js';

const PROGRAM = fileURLToPath(new URL('../../dist/compare/testing/run-quadratics.js', import.meta.url));
const FILES = ['results.csv', 'results.json', 'results.md', 'report.html'];
const folder = mkdtempSync(join(tmpdir(), 'counterpoise-compare-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { milliseconds: 60, steps: 500 };
const filesOf = (out: string) => FILES.map((file) => readFileSync(join(out, file), 'utf8'));
/** Names of the finished runs. */
const finished = (out: string) => {
  const results = join(out, 'results');
  const names = existsSync(results) ? readdirSync(results) : [];
  return names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => name.slice(0, -5));
};
const started = (diary: string) => {
  if (!existsSync(diary)) return [];
  const lines = readFileSync(diary, 'utf8').trimEnd().split('\n');
  return lines.map((line) => runName(JSON.parse(line) as RunRequest));
};

let expected: readonly string[];
let expectedRuns: number;
beforeAll(async () => {
  const out = join(folder, 'undisturbed');
  const comparison = await compareMethods({ ...quadratics(out, options), jobs: 1 });
  await writeComparison(out, comparison!, 'Quadratics', {});
  expected = filesOf(out);
  expectedRuns = finished(out).length;
}, 170_000);

function start(out: string, diary: string) {
  const child = spawn(process.execPath, [PROGRAM, out, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, QUADRATICS_DIARY: diary },
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended };
}

/** Begins again and again, each time ended by the signal after a few more runs, until it comes to its end. */
async function disturbed(name: string, signal: NodeJS.Signals) {
  const out = join(folder, name);
  let times = 0;
  for (let wanted = 3; ; wanted += 9) {
    const before = finished(out);
    const diary = join(folder, `${name}-${times}.jsonl`);
    const { child, ended } = start(out, diary);
    while (child.exitCode === null && child.signalCode === null && finished(out).length < wanted) await sleep(3);
    child.kill(signal);
    const code = await ended;
    // No run that was finished has begun again.
    expect(started(diary).filter((run) => before.includes(run))).toEqual([]);
    if (code === 0) return { out, times };
    times++;
    expect(code).toBe(signal === 'SIGKILL' ? null : 130);
    // After Ctrl-C no child is left; after kill -9 they end by themselves, and the next start waits for them.
    if (signal === 'SIGINT') expect(readdirSync(join(out, 'runs')).filter((file) => file.endsWith('.pid'))).toEqual([]);
  }
}

test.each(['SIGKILL', 'SIGINT'] as const)(
  '%s at any time: the same bytes, and no finished run again',
  async (signal) => {
    const { out, times } = await disturbed(signal, signal);
    expect(times).toBeGreaterThanOrEqual(2);
    expect(finished(out)).toHaveLength(expectedRuns);
    expect(filesOf(out)).toEqual(expected);
  },
  170_000,
);
