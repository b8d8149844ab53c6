/** Tiny PPO trainings in run folders, for tests: CartPole, eight updates of 64 steps. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRun, describeEnvironment, openRun, type RunFolder } from '@counterpoise/training';
import { presetFor } from '../presets.js';
import { makeEnvironment } from '../registry.js';
import { completePpoConfig } from '../run/check-config.js';
import type { PpoConfig } from '../run/config.js';
import { openEnvironment } from '../run/open-environment.js';
import { createPpoProgress } from '../run/progress.js';
import { type TrainPpoOptions, type TrainPpoResult, trainPpo } from '../run/train.js';

export interface TestRun {
  readonly run: RunFolder;
  remove(): Promise<void>;
}

export async function testRun(given: Partial<PpoConfig> = {}): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), 'counterpoise-ppo-run-'));
  const { environment = 'CartPole-v1' } = given;
  const tiny = { steps: 512, environments: 2, rolloutSteps: 32, minibatch: 32, epochs: 2 };
  const preset = presetFor(makeEnvironment(await openEnvironment(environment)));
  const config = completePpoConfig({ ...tiny, ...given, environment }, preset);
  const run = await createRun(join(folder, 'run'), { ...config }, describeEnvironment({ seed: 1, versions: {} }));
  return { run, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Trains, or goes on, in silence. */
export async function train(run: RunFolder, options: Partial<TrainPpoOptions> = {}): Promise<TrainPpoResult> {
  return trainPpo({
    run: await openRun(run.path),
    progress: (shape) => createPpoProgress({ ...shape, mode: 'quiet' }),
    ...options,
  });
}

/** Trains until `updates` more updates are done, then stops as Ctrl-C would. */
export async function trainUntil(run: RunFolder, updates: number): Promise<TrainPpoResult> {
  const stop = new AbortController();
  let done = 0;
  const update = () => {
    if (++done === updates) stop.abort();
  };
  return train(run, { signal: stop.signal, progress: () => ({ update, finish() {} }) });
}

/** SHA-256 of all that a run must reproduce; times and event files, which are dated, are not among them. */
export async function fingerprint(run: RunFolder): Promise<Record<string, string>> {
  const files = ['metrics.jsonl', 'metrics.csv', 'checkpoints/last.safetensors'];
  const hashes = files.map(async (file) => {
    const bytes = await readFile(join(run.path, file));
    return [file, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}
