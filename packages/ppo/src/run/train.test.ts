import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { liveNativeObjects } from '@counterpoise/engine';
import { readMetrics } from '@counterpoise/training';
import { afterEach, describe, expect, it } from 'vitest';
import { registerEnvironment } from '../registry.js';
import { Corridor } from '../testing/corridor.js';
import { fingerprint, type TestRun, testRun, train, trainUntil } from '../testing/ppo-run.js';
import type { PpoConfig } from './config.js';
import { openTrainedPolicy } from './trained.js';
import { requireTrainable } from './trainer-options.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(given: Partial<PpoConfig> = {}) {
  const made = await testRun(given);
  runs.push(made);
  return made.run;
}

describe('trainPpo', () => {
  it('fills the run folder: a record per update, no time among them, and frees what it had', async () => {
    const before = liveNativeObjects();
    const run = await newRun();
    const result = await train(run);
    const records = readMetrics(run.metrics);
    expect(records.map(({ step }) => step)).toEqual([64, 128, 192, 256, 320, 384, 448, 512]);
    expect(records[0]).toMatchObject({ kind: 'step', 'charts/learning_rate': 2.5e-4, 'weight/policy': 1 });
    const names = new Set(records.flatMap((record) => Object.keys(record)));
    for (const name of ['episodic_return', 'episodic_length', 'episodes']) expect(names).toContain(`charts/${name}`);
    for (const name of ['policy_loss', 'value_loss', 'entropy', 'approx_kl', 'explained_variance']) {
      expect(names).toContain(`losses/${name}`);
    }
    expect(names).not.toContain('charts/SPS');
    const timing = readFileSync(join(run.path, 'timing.jsonl'), 'utf8').trim().split('\n');
    expect(timing).toHaveLength(8);
    expect(JSON.parse(timing[7]!)).toMatchObject({ step: 512, 'charts/SPS': expect.any(Number) });
    const [head, ...rows] = readFileSync(join(run.path, 'metrics.csv'), 'utf8').trim().split('\n');
    expect(head).toMatch(/^step,charts\/episodes,/);
    expect(rows.map((row) => Number(row.split(',')[0]))).toEqual(records.map(({ step }) => step));
    expect(result).toMatchObject({ finished: true, steps: 512 });
    expect(result.recentReturn!.episodes).toBe(
      records.reduce((sum, record) => sum + Number(record['charts/episodes']), 0),
    );
    expect(readdirSync(run.path).some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
    expect(liveNativeObjects()).toEqual(before);
  });

  it.each<Partial<PpoConfig>>([
    { rewardScale: 100, normalizeObservations: true, priorities: { value: 2 } },
    { environment: 'Pendulum-v1', steps: 512, balance: 'norm-equalize', balanceEvery: 3, bootstrapTruncation: true },
    { trunk: 'separate', balance: 'running-max', targetKl: 0.01 },
  ])('%j: interrupted and resumed twice, it has the bits of an undisturbed run', async (given) => {
    const whole = await newRun(given);
    await train(whole);
    const parts = await newRun(given);
    expect(await trainUntil(parts, 3)).toMatchObject({ finished: false, steps: 192 });
    expect(await trainUntil(parts, 2)).toMatchObject({ finished: false, steps: 320 });
    expect(await train(parts)).toMatchObject({ finished: true, steps: 512 });
    expect(await fingerprint(parts)).toEqual(await fingerprint(whole));
  });

  it('what was written after the last checkpoint is done again, with the same bits', async () => {
    const whole = await newRun();
    const expected = await train(whole);
    const killed = await newRun();
    await trainUntil(killed, 3);
    const checkpoint = readFileSync(killed.lastCheckpoint);
    await trainUntil(killed, 2);
    // As a kill would leave it: metrics of five updates, the last line cut, and the checkpoint of three.
    writeFileSync(killed.lastCheckpoint, checkpoint);
    writeFileSync(killed.metrics, readFileSync(killed.metrics, 'utf8').slice(0, -40));
    expect(await train(killed)).toEqual(expected);
    expect(await fingerprint(killed)).toEqual(await fingerprint(whole));
  });

  it('a finished run is left as it is', async () => {
    const run = await newRun();
    const first = await train(run);
    const before = await fingerprint(run);
    expect(await train(run)).toEqual(first);
    expect(await fingerprint(run)).toEqual(before);
  });

  it('an aborted signal stops before the first update', async () => {
    const run = await newRun();
    expect(await train(run, { signal: AbortSignal.abort() })).toEqual({
      finished: false,
      steps: 0,
      recentReturn: undefined,
    });
  });

  it('a scene that fails is known before anything is trained', async () => {
    const parts = [{ markup: '', pose: () => ({ x: Number.NaN, y: 0, angle: 0 }) }];
    const scene = { width: 9, height: 9, secondsPerStep: 1, background: '', parts };
    registerEnvironment({ name: 'Blind-v0', create: () => Object.assign(new Corridor(), { scene }) });
    const run = await newRun({ environment: 'Blind-v0' });
    await expect(requireTrainable(run.config as unknown as PpoConfig)).rejects.toThrow(
      'environment Blind-v0: scene: pose() must return finite "x"',
    );
  });

  it('goes on with the same config and the same module alone', async () => {
    const run = await newRun();
    await trainUntil(run, 1);
    writeFileSync(join(run.path, 'config.json'), JSON.stringify({ ...run.config, rewardScale: 10 }));
    await expect(train(run)).rejects.toThrow(
      `"${run.path}": config.json is not the one that the last checkpoint was trained with`,
    );
    const path = join(run.path, 'corridor.mjs');
    const module = (reward: number) => `export default { name: 'Line-v0', create: () => ({
      observationSpace: { kind: 'box', low: [0], high: [9] }, actionSpace: { kind: 'discrete', n: 2 }, at: 0,
      reset() { this.at = 0; return [0]; },
      step(action) { this.at += action; return { observation: [this.at], reward: ${reward}, terminated: this.at > 8, truncated: false }; },
    }) };`;
    writeFileSync(path, module(-1));
    const own = await newRun({ environment: path });
    expect(await trainUntil(own, 1)).toMatchObject({ steps: 64 });
    writeFileSync(path, module(-2));
    await expect(train(own)).rejects.toThrow(
      `"${own.path}": the module of the environment is not the one that the last checkpoint was trained with`,
    );
    const changed = async () => {
      const { environmentChanged, release } = await openTrainedPolicy(own.path);
      release();
      return environmentChanged;
    };
    expect(await changed()).toBe(true);
    writeFileSync(path, module(-1));
    expect(await changed()).toBe(false);
  });
});

describe('an environment that fails', () => {
  let steps = 0;
  /** Right for 200 steps of all environments together. */
  const failing = (name: string, step: (right: ReturnType<Corridor['step']>) => unknown) => {
    class Failing extends Corridor {
      save() {
        return this.at;
      }
      load(at: unknown) {
        this.at = at as number;
      }
      override step(action: number) {
        const right = super.step(action);
        return ++steps > 200 ? (step(right) as typeof right) : right;
      }
    }
    registerEnvironment({ name, create: () => new Failing(), maxEpisodeSteps: 40 });
    return name;
  };

  it.each([
    ['NaN-v0', (right: object) => ({ ...right, reward: Number.NaN }), '"reward" must be a finite number, got NaN'],
    ['Shape-v0', (right: object) => ({ ...right, observation: [1, 2] }), 'must have 1 numbers, got 2'],
    [
      'Throws-v0',
      () => {
        throw new Error('the cable is loose\nat step');
      },
      'step() failed: the cable is loose',
    ],
  ])('%s: one line, and the last good checkpoint stays', async (name, step, problem) => {
    steps = 0;
    const run = await newRun({ environment: failing(name, step as (right: object) => unknown) });
    const failure = await train(run, { checkpointSeconds: 0 }).catch((error: Error) => error);
    expect((failure as Error).message).toMatch(new RegExp(`^environment ${name}: step \\d+: [^\\n]*$`));
    expect((failure as Error).message).toContain(problem);
    // Three updates of 64 steps are done and saved; the fourth failed.
    expect(existsSync(run.lastCheckpoint)).toBe(true);
    expect(readFileSync(join(run.path, 'metrics.csv'), 'utf8').trim().split('\n')).toHaveLength(1 + 3);
    steps = Number.NEGATIVE_INFINITY;
    expect(await train(run)).toMatchObject({ finished: true, steps: 512 });
    expect(readMetrics(run.metrics).map((record) => record.step)).toEqual([64, 128, 192, 256, 320, 384, 448, 512]);
  });
});
