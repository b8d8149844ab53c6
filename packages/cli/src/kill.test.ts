import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '@counterpoise/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counterpoise, type Running, start, TINY } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-kill-'));
const FILES = [
  'metrics.jsonl',
  'metrics.csv',
  'checkpoints/last.safetensors',
  'checkpoints/best.safetensors',
  'model.onnx',
];
let expected: Record<string, string>;

const hashes = (run: string) =>
  Object.fromEntries(
    FILES.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, run, file)))
        .digest('hex'),
    ]),
  );
const resume = (run: string) => ['train', 'localize', '--resume', '--out', run, '--checkpoint-seconds', '0'];
const isRunning = ({ process: child }: Running) => child.exitCode === null && child.signalCode === null;

beforeAll(async () => {
  const { code } = await counterpoise([...TINY, '--out', 'undisturbed'], folder);
  expect(code).toBe(0);
  expected = hashes('undisturbed');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Waits for `condition` while the command runs. @returns whether it came true. */
async function until(running: Running, condition: () => boolean): Promise<boolean> {
  while (isRunning(running)) {
    if (condition()) return true;
    await sleep(2);
  }
  return false;
}

test('kill -9 at any moment, also in the middle of a checkpoint write: resuming ends at the same bits', async () => {
  const random = new Random('kill');
  const checkpoints = join(folder, 'killed', 'checkpoints');
  const isWriting = () => existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.endsWith('.tmp'));
  let running = start([...TINY, '--out', 'killed', '--checkpoint-seconds', '0'], folder);
  let killed = 0;
  for (; killed < 5; killed++) {
    // In turn: while a checkpoint is being written, and some time after one.
    if (!(await until(running, isWriting))) break;
    if (killed % 2 === 1) await sleep(300 * random.uniform());
    running.process.kill('SIGKILL');
    const { signal } = await running.outcome;
    if (signal !== 'SIGKILL') break;
    running = start(
      existsSync(join(folder, 'killed', 'config.json')) ? resume('killed') : [...TINY, '--out', 'killed'],
      folder,
    );
  }
  const { code, stderr } = await running.outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(killed).toBeGreaterThanOrEqual(3);
  expect(hashes('killed')).toEqual(expected);
  // Nothing half written is left.
  expect(readdirSync(checkpoints).sort()).toEqual(['best.safetensors', 'last.safetensors']);
});

test('Ctrl-C saves, says how to resume, and exits with 130', async () => {
  const running = start([...TINY, '--out', 'stopped', '--json'], folder);
  const metrics = join(folder, 'stopped', 'metrics.jsonl');
  expect(await until(running, () => existsSync(metrics))).toBe(true);
  running.process.kill('SIGINT');
  const { code, stderr } = await running.outcome;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^interrupted after step \d+, everything is saved\. Resume with: (.*)\n$/);
  const command = /Resume with: counterpoise (.*)\n$/.exec(stderr)![1]!;
  expect(command).toBe('train localize --out stopped --resume');
  expect(existsSync(join(folder, 'stopped', 'checkpoints', 'last.safetensors'))).toBe(true);
  expect((await counterpoise(command.split(' '), folder)).code).toBe(0);
  expect(hashes('stopped')).toEqual(expected);
});
