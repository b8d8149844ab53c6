import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { counterpoise, type Outcome, start } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-ppo-'));
/** Of tests that start the command several times, on a busy machine. */
const LONG = { timeout: 180_000 };
/** 32 updates of 64 steps. */
const TINY =
  'train ppo --env CartPole-v1 --steps 2048 --environments 2 --rollout-steps 32 --minibatch 32 --epochs 2'.split(' ');
let trained: Outcome;

beforeAll(async () => {
  trained = await counterpoise([...TINY, '--out', 'run'], folder);
}, LONG.timeout);
afterAll(() => rmSync(folder, { recursive: true }));

const at = (...path: string[]) => join(folder, ...path);
const hashes = (run: string) =>
  ['metrics.jsonl', 'checkpoints/last.safetensors'].map((file) =>
    createHash('sha256')
      .update(readFileSync(at(run, file)))
      .digest('hex'),
  );
const eventsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; [field: string]: unknown });

test('train ppo: plain lines off a terminal, the result, and a folder as the localizer has', () => {
  expect({ code: trained.code, stderr: trained.stderr }).toEqual({ code: 0, stderr: '' });
  expect(trained.stdout).toMatch(
    /^step 2048\/2048 {2}return [\d.]+ \(\d+ episodes\) .*\nreturn [\d.]+ \(last \d+ episodes\), [\d.]+ ± [\d.]+ \(10 episodes of the likeliest actions\)\nrun {5}run\nreport {2}run\/report\.html\n$/,
  );
  const wanted = ['config.json', 'environment.json', 'metrics.jsonl', 'metrics.csv', 'timing.jsonl', 'report.html'];
  expect(readdirSync(at('run'))).toEqual(expect.arrayContaining([...wanted, 'episode.svg', 'checkpoints']));
  expect(readFileSync(at('run', 'report.html'), 'utf8')).toContain('data:image/svg+xml;base64,');
  expect(JSON.parse(readFileSync(at('run', 'config.json'), 'utf8'))).toMatchObject({
    environment: 'CartPole-v1',
    steps: 2048,
    balance: 'pop-art',
    gamma: 0.99,
  });
});

test('--json: an object per update and one result, with the same numbers', async () => {
  const { code, stdout, stderr } = await counterpoise([...TINY, '--out', 'json', '--json'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = eventsOf(stdout);
  expect(events.map(({ event }) => event)).toEqual([...new Array<string>(32).fill('update'), 'result']);
  expect(events[31]).toMatchObject({ step: 2048, 'charts/SPS': expect.any(Number), secondsLeft: 0 });
  expect(events[32]).toMatchObject({
    run: 'json',
    steps: 2048,
    evaluation: { episodes: 10, meanReturn: expect.any(Number), stdReturn: expect.any(Number) },
  });
  expect(hashes('json')).toEqual(hashes('run'));
});

test('evaluate recognises a policy: greedy, seeded, drawn', async () => {
  const args = ['evaluate', 'run', '--episodes', '3', '--seed', '7', '--draw', 'e.svg', '--report', 'e.html'];
  const { code, stdout, stderr } = await counterpoise([...args, '--json'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ run: 'run', environment: 'CartPole-v1', episodes: 3 });
  const mean = result.returns.reduce((sum: number, value: number) => sum + value) / 3;
  expect(result.meanReturn).toBeCloseTo(mean, 12);
  expect(readFileSync(at('e.svg'), 'utf8')).toContain(`CartPole-v1: return ${result.returns[0]} in`);
  expect(readFileSync(at('e.html'), 'utf8')).toContain('<h2>Evaluation</h2>');
  const text = await counterpoise(args, folder);
  expect(text.stdout).toBe(
    [
      'episodes     3',
      `mean return  ${result.meanReturn.toFixed(2)}`,
      `std return   ${result.stdReturn.toFixed(2)}`,
      `mean length  ${result.meanLength.toFixed(1)}`,
      '',
    ].join('\n'),
  );
});

test('--seeds: a run per seed, and a report of all; resuming one that is done changes nothing', LONG, async () => {
  const args = [...TINY, '--steps', '256', '--seed', '4', '--seeds', '2', '--out', 'seeds', '--json'];
  const { code, stdout, stderr } = await counterpoise(args, folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = eventsOf(stdout).filter(({ event }) => event !== 'update');
  expect(events.map(({ event }) => event)).toEqual(['seed', 'seed-result', 'seed', 'seed-result', 'result']);
  expect(events[4]).toMatchObject({ run: 'seeds', seeds: [4, 5], report: join('seeds', 'report.html') });
  expect(readFileSync(at('seeds', 'report.html'), 'utf8')).toContain('mean of 2 seeds');
  const before = hashes(join('seeds', 'seed-5'));
  rmSync(at('seeds', 'seed-5'), { recursive: true });
  expect(await counterpoise(['train', 'ppo', '--resume', '--out', 'seeds'], folder)).toMatchObject({ code: 0 });
  expect(hashes(join('seeds', 'seed-5'))).toEqual(before);
  const { code: refused, stderr: why } = await counterpoise(['evaluate', 'seeds'], folder);
  expect({ refused, why }).toEqual({
    refused: 2,
    why: `error: "seeds" holds runs of several seeds: evaluate one, such as ${join('seeds', 'seed-4')}\n`,
  });
});

test('seeds of which no episode ended: the spread of their returns is unknown', LONG, async () => {
  const args = 'train ppo --env Pendulum-v1 --environments 1 --rollout-steps 32 --minibatch 32 --steps 32 --seeds 2';
  const { code, stdout } = await counterpoise([...args.split(' '), '--out', 'unended'], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nall 2 seeds: return unknown, -[\d.]+ ± [\d.]+ with the likeliest actions\n/);
});

describe('a training that is stopped', () => {
  /** Slow enough to be caught in the middle. */
  const SLOW = [...TINY, '--epochs', '12'];
  const resume = (run: string) => ['train', 'ppo', '--resume', '--out', run];
  let expected: string[];

  beforeAll(async () => {
    expect((await counterpoise([...SLOW, '--out', 'whole'], folder)).code).toBe(0);
    expected = hashes('whole');
  }, LONG.timeout);

  async function until(running: ReturnType<typeof start>, condition: () => boolean): Promise<boolean> {
    while (running.process.exitCode === null && running.process.signalCode === null) {
      if (condition()) return true;
      await sleep(2);
    }
    return false;
  }

  test('Ctrl-C saves, says how to resume, and exits with 130', LONG, async () => {
    const running = start([...SLOW, '--out', 'stopped'], folder);
    expect(await until(running, () => existsSync(at('stopped', 'metrics.jsonl')))).toBe(true);
    running.process.kill('SIGINT');
    const { code, stderr } = await running.outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^interrupted after step \d+, everything is saved\. Resume with: counterpoise train ppo --out stopped --resume\n$/,
    );
    expect((await counterpoise(resume('stopped'), folder)).code).toBe(0);
    expect(hashes('stopped')).toEqual(expected);
  });

  test('a reader of the output that goes away ends it as Ctrl-C does', LONG, async () => {
    const running = start([...SLOW, '--out', 'unread', '--json'], folder);
    running.process.stdout!.once('data', () => running.process.stdout!.destroy());
    const { code, stderr } = await running.outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^interrupted after step \d+, everything is saved\. Resume with: .* --out unread --resume\n$/,
    );
    expect((await counterpoise(resume('unread'), folder)).code).toBe(0);
    expect(hashes('unread')).toEqual(expected);
  });

  test(
    'kill -9 loses at most what came after the last checkpoint, and resuming ends at the same bits',
    LONG,
    async () => {
      const checkpoint = at('killed', 'checkpoints', 'last.safetensors');
      let running = start([...SLOW, '--out', 'killed', '--checkpoint-seconds', '0'], folder);
      let killed = 0;
      for (; killed < 2; killed++) {
        const isWriting = () => readdirSync(at('killed', 'checkpoints')).some((name) => name.endsWith('.tmp'));
        const wanted = killed === 1 ? isWriting : () => existsSync(checkpoint);
        if (!(await until(running, () => existsSync(at('killed', 'checkpoints')) && wanted()))) break;
        await sleep(30 * killed);
        running.process.kill('SIGKILL');
        if ((await running.outcome).signal !== 'SIGKILL') break;
        running = start([...resume('killed'), '--checkpoint-seconds', '0'], folder);
      }
      expect(await running.outcome).toMatchObject({ code: 0, stderr: '' });
      expect(killed).toBeGreaterThanOrEqual(1);
      expect(hashes('killed')).toEqual(expected);
      expect(readdirSync(at('killed', 'checkpoints'))).toEqual(['last.safetensors']);
    },
  );
});

test(
  'an environment of your own, from a module that imports nothing; what it does wrong is one line',
  LONG,
  async () => {
    const module = (reward: string) => `
class Line {
  observationSpace = { kind: 'box', low: [0], high: [5] };
  actionSpace = { kind: 'discrete', n: 2 };
  reset() { this.at = 0; this.steps = 0; return [0]; }
  step(action) {
    this.at = Math.max(0, this.at + (action ? 1 : -1));
    return { observation: [this.at], reward: ${reward}, terminated: this.at === 5, truncated: false };
  }
}
export default { name: 'Line-v0', create: () => new Line(), maxEpisodeSteps: 30 };`;
    writeFileSync(at('line.mjs'), module('-1'));
    const args = [...TINY, '--steps', '256', '--env', './line.mjs'];
    expect(await counterpoise([...args, '--out', 'line'], folder)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(at('line', 'episode.svg'))).toBe(false);
    expect(await counterpoise(['evaluate', 'line', '--draw', 'line.svg'], folder)).toMatchObject({
      code: 1,
      stderr: 'error: environment Line-v0: has no "scene", so there is nothing to draw\n',
    });

    writeFileSync(at('line.mjs'), module("(Promise.reject(new Error('no map')), 0)"));
    expect(await counterpoise([...args, '--out', 'forgotten'], folder)).toMatchObject({
      code: 1,
      stderr: 'error: a promise was rejected and nobody awaited it: no map\n',
    });

    writeFileSync(at('line.mjs'), module('this.at > 1 ? NaN : 0'));
    expect(await counterpoise([...args, '--out', 'broken'], folder)).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: environment Line-v0: step \d+: "reward" must be a finite number, got NaN\n$/,
      ),
    });
  },
);
