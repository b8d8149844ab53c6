import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveNativeObjects } from '@counterpoise/engine';
import {
  createProgress,
  createRun,
  loadCheckpoint,
  type MetricsRecord,
  type RunFolder,
  readMetrics,
  saveCheckpoint,
} from '@counterpoise/training';
import { afterEach, expect, test } from 'vitest';
import type { LocalizerConfig } from './config.js';
import { generatedDataset } from './generated.js';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(config: Partial<LocalizerConfig> = {}): Promise<RunFolder> {
  const made = await testRun(config);
  runs.push(made);
  return made.run;
}

test('writes a record per step and per epoch, with raw losses, weights and validation metrics', async () => {
  const run = await newRun({ warmUp: 1 });
  const result = await train(run);
  expect(result).toMatchObject({ finished: true, steps: 8 });
  const records = readMetrics(run.metrics);
  const kinds = records.map(({ kind }) => kind);
  const epoch = ['step', 'step', 'step', 'step', 'epoch'];
  expect(kinds).toEqual([...epoch, ...epoch]);
  const [first, second] = records as [MetricsRecord, MetricsRecord];
  expect(first['train/loss/box']).toBeGreaterThan(500);
  expect(Number(first['weight/box']) * Number(first['train/loss/box'])).toBeCloseTo(1, 9);
  expect(Number(first['weight/class']) * Number(first['train/loss/class'])).toBeCloseTo(1, 9);
  // A tenth of the rate at first, then a line over the four steps of the warm-up epoch.
  expect(first.learningRate).toBeCloseTo(0.1 * Number(run.config.learningRate), 12);
  expect(second.learningRate).toBeCloseTo((0.1 + 0.9 / 4) * Number(run.config.learningRate), 12);

  const last = records.at(-1)!;
  const steps = records.slice(5, 9);
  for (const field of ['train/loss/class', 'train/loss/box', 'weight/class', 'weight/box']) {
    expect(last[field]).toBeCloseTo(steps.reduce((sum, record) => sum + Number(record[field]), 0) / 4, 9);
  }
  for (const field of ['val/loss/class', 'val/loss/box', 'metric/meanIou', 'metric/accuracy']) {
    expect(last[field]).toBeTypeOf('number');
  }
  expect(result.best).toMatchObject({ epoch: expect.any(Number), accuracy: expect.any(Number) });
  expect(readFileSync(join(run.path, 'timing.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
});

/** What an undisturbed run with the default options gives; trained once for all tests that compare with it. */
let reference: Promise<Record<string, string>> | undefined;
function expectedFiles(): Promise<Record<string, string>> {
  reference ??= newRun().then(async (run) => {
    await train(run);
    return fingerprint(run);
  });
  return reference;
}

test('the same seed gives the same files, bit for bit; another seed does not', async () => {
  const expected = await expectedFiles();
  const [again, other] = [await newRun(), await newRun({ seed: 1 })];
  await train(again);
  expect(await fingerprint(again)).toEqual(expected);
  await train(other);
  const different = await fingerprint(other);
  for (const [file, hash] of Object.entries(expected)) expect([file, different[file]]).not.toEqual([file, hash]);
});

test.each(['sgd', 'adamw'] as const)('a run interrupted with %s goes on bit for bit', async (optimizer) => {
  const config = { optimizer, balance: 'ema', schedule: 'cosine' } as const;
  const undisturbed = await newRun(config);
  await train(undisturbed);
  const interrupted = await newRun(config);
  // In the middle of an epoch, at its last step (before validation), and in the next one.
  for (const steps of [3, 4, 6]) await trainUntil(interrupted, steps);
  await train(interrupted);
  expect(await fingerprint(interrupted)).toEqual(await fingerprint(undisturbed));
});

test('a method that compares epochs is told them, also after an interruption', async () => {
  const config = { balance: 'dwa', epochs: 3 } as const;
  const undisturbed = await newRun(config);
  await train(undisturbed);
  const weights = readMetrics(undisturbed.metrics).flatMap((record) =>
    record.kind === 'step' ? [record['weight/class']] : [],
  );
  // Equal for two epochs; in the third by the means of the two.
  expect(weights.slice(0, 8)).toEqual(Array(8).fill(1));
  expect(new Set(weights.slice(8)).size).toBe(1);
  expect(weights[8]).not.toBe(1);
  const interrupted = await newRun(config);
  for (const steps of [7, 10]) await trainUntil(interrupted, steps);
  await train(interrupted);
  expect(await fingerprint(interrupted)).toEqual(await fingerprint(undisturbed));
});

test('a run that was killed before its first checkpoint begins anew; what it wrote is dropped', async () => {
  const killed = await newRun();
  writeFileSync(killed.metrics, '{"kind":"step","epoch":1,"step":1}\n{"kind":"st');
  writeFileSync(join(killed.path, 'metrics.csv'), 'epoch\n1');
  await train(killed);
  expect(await fingerprint(killed)).toEqual(await expectedFiles());
});

test('a finished run stays as it is when it is resumed', async () => {
  const run = await newRun({ epochs: 1 });
  const { best } = await train(run);
  const before = await fingerprint(run);
  expect(await train(run)).toEqual({ finished: true, best, steps: 4 });
  expect(await fingerprint(run)).toEqual(before);
});

test('a loss that becomes NaN is named with its step, and the last good checkpoint stays', async () => {
  const live = liveNativeObjects();
  const failing = await newRun({ balance: 'sum', learningRate: 1e6, schedule: 'constant', epochs: 50 });
  const stop = await train(failing, { checkpointSeconds: 0 }).catch((error: Error) => error.message);
  expect(stop).toMatch(
    /^(loss "(class|box)" is (NaN|Infinity|-Infinity).* at step \d+|"model\..+ after step \d+|validation loss)/,
  );
  expect(liveNativeObjects()).toEqual(live);
  const { tensors } = await loadCheckpoint(failing.lastCheckpoint);
  for (const [key, { data }] of tensors) {
    expect([key, [...(data as Float32Array)].every(Number.isFinite)]).toEqual([key, true]);
  }
});

test('config, data set and checkpoint that do not belong together are refused', async () => {
  const run = await newRun();
  await trainUntil(run, 1);
  const config = join(run.path, 'config.json');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('"epochs": 2', '"epochs": 3'));
  await expect(train(run)).rejects.toThrow('config.json is not the one');
  writeFileSync(config, text);

  const data = generatedDataset({ seed: 5, train: 16, val: 6 });
  await expect(train(run, { data })).rejects.toThrow('the data set is not the one');

  const { tensors, state } = await loadCheckpoint(run.lastCheckpoint);
  await saveCheckpoint(run.lastCheckpoint, { tensors, state: { ...state, position: { epoch: 0 } } });
  await expect(train(run)).rejects.toThrow('is not of an unfinished training');

  const [key, box] = [...tensors].find(([name]) => name === 'model.box.weight')!;
  const other = new Map(tensors).set(key, { ...box, shape: [box.data.length] } as typeof box);
  await saveCheckpoint(run.lastCheckpoint, { tensors: other, state });
  await expect(train(run)).rejects.toThrow(/checkpoint ".*": .*"box.weight" must have shape \[4, 512\], got \[2048\]/);
});

test('one training picture alone is refused: batch normalisation has nothing to normalise', async () => {
  const run = await newRun({ generatedTrain: 1 });
  await expect(train(run)).rejects.toThrow('"batchSize" must be at least 2 at image size 16');
});

test('a loss without its regular weight is explained once', async () => {
  const run = await newRun({ epochs: 1, balanceOptions: ['warmup=2'] });
  const messages: string[] = [];
  await train(run, {
    progress: (shape) => ({
      ...createProgress({ ...shape, mode: 'quiet' }),
      message: (text) => void messages.push(text),
    }),
  });
  expect(messages).toHaveLength(2);
  expect(messages[0]).toMatch(/^step 1: loss "class" .*its weight is priority \/ 2/);
  expect(messages[1]).toMatch(/^step 1: loss "box"/);
});

test('fewer pictures than a batch make one smaller batch', async () => {
  const run = await newRun({ generatedTrain: 3, batchSize: 8, epochs: 1 });
  expect(await train(run)).toMatchObject({ finished: true, steps: 1 });
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
test.skipIf(!canMount)(
  'a full disk is one clear line and leaves the checkpoint before it (needs root to mount a tmpfs)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'counterpoise-full-'));
    try {
      // Room for one checkpoint of 90 MB, not for two beside each other.
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=140m', 'tmpfs', folder]);
    } catch (error) {
      await rm(folder, { recursive: true });
      console.warn('cannot mount a tmpfs here, nothing was tested:', (error as Error).message.split('\n')[0]);
      return;
    }
    try {
      const made = await newRun();
      const environment = JSON.parse(readFileSync(join(made.path, 'environment.json'), 'utf8'));
      const run = await createRun(join(folder, 'run'), made.config, environment);
      await expect(train(run, { checkpointSeconds: 0 })).rejects.toThrow(
        /^cannot write ".*safetensors": the disk is full/,
      );
      const { state } = await loadCheckpoint(run.lastCheckpoint);
      expect(state.position).toMatchObject({ step: 1 });
    } finally {
      execFileSync('umount', [folder]);
      await rm(folder, { recursive: true });
    }
  },
);
