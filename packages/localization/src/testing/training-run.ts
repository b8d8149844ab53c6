/** Tiny trainings for tests: pictures of 16 x 16, a few steps. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProgress,
  createRun,
  describeEnvironment,
  openRun,
  type RunFolder,
  type StepProgress,
} from '@counterpoise/training';
import { completeConfig } from '../check-config.js';
import type { LocalizerConfig } from '../config.js';
import { trainLocalizer } from '../train.js';
import type { TrainOptions, TrainResult } from '../train-options.js';
import { openTrainingData } from '../training-data.js';

/** Two epochs of four steps; of two losses, `class` and `box`. */
export const TINY: Partial<LocalizerConfig> = {
  generatedTrain: 16,
  generatedVal: 6,
  imageSize: 16,
  batchSize: 4,
  epochs: 2,
  boxLosses: ['mse'],
};

export interface TestRun {
  readonly run: RunFolder;
  remove(): Promise<void>;
}

export async function testRun(config: Partial<LocalizerConfig> = {}): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), 'counterpoise-run-'));
  const complete = completeConfig({ ...TINY, threads: 1, ...config });
  const run = await createRun(
    join(folder, 'run'),
    { ...complete },
    describeEnvironment({ seed: complete.seed, versions: {} }),
  );
  return { run, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Trains, or goes on, in silence. */
export async function train(run: RunFolder, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const opened = await openRun(run.path);
  return trainLocalizer({
    run: opened,
    data: await openTrainingData(opened.config as unknown as LocalizerConfig),
    progress: (shape) => createProgress({ ...shape, mode: 'quiet' }),
    ...options,
  });
}

/** Trains until `steps` steps are done, then stops as Ctrl-C would. */
export async function trainUntil(run: RunFolder, steps: number): Promise<void> {
  const stop = new AbortController();
  let done = 0;
  const result = await train(run, {
    signal: stop.signal,
    progress: (shape) => {
      done = shape.stepsDone;
      const quiet = createProgress({ ...shape, mode: 'quiet' });
      const step = (progress: StepProgress) => {
        quiet.step(progress);
        if (++done === steps) stop.abort();
      };
      return { ...quiet, step };
    },
  });
  if (result.finished || result.steps !== steps) throw new Error(`stopped after ${result.steps} steps, not ${steps}`);
}

/** SHA-256 of all that a run must reproduce, times excluded. */
export async function fingerprint(run: RunFolder): Promise<Record<string, string>> {
  const files = ['metrics.jsonl', 'metrics.csv', 'checkpoints/last.safetensors', 'checkpoints/best.safetensors'];
  const hashes = files.map(async (file) => {
    const bytes = await readFile(join(run.path, file));
    return [file, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}
