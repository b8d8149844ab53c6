/** The training of a policy in a run folder, from its beginning or from its last checkpoint. */
import { existsSync } from 'node:fs';
import {
  cleanRun,
  configFingerprint,
  DivergedError,
  firstNonFinite,
  loadCheckpoint,
  MetricsLog,
  type MetricsRecord,
  type RunFolder,
  readMetrics,
} from '@counterpoise/training';
import { CounterpoiseError } from 'counterpoise';
import { createPpoTrainer, type PpoTrainer } from '../train/trainer.js';
import { checkPpoRun } from './check-config.js';
import type { PpoConfig } from './config.js';
import { writeMetricsCsv } from './metrics-csv.js';
import { environmentFingerprint, openEnvironment } from './open-environment.js';
import type { PpoProgress } from './progress.js';
import { type RecentReturn, ReturnWindow, updateRecord } from './records.js';
import { trainerOptions } from './trainer-options.js';

export interface TrainPpoOptions {
  /** Made by `createRun` with a `PpoConfig`, or opened by `openRun`. With a last checkpoint the training goes on there. */
  readonly run: RunFolder;
  /** Told the numbers of the training, gives the display, such as `createPpoProgress`. */
  readonly progress: (shape: PpoShape) => PpoProgress;
  /** Aborted: the training saves its state after the present update and stops. */
  readonly signal?: AbortSignal;
  /** At most this much work is lost to a crash, in seconds; 0 saves after every update. Default 30. */
  readonly checkpointSeconds?: number;
}

export interface PpoShape {
  /** Environment steps of the whole training: those of whole rollouts. */
  readonly totalSteps: number;
  readonly stepsDone: number;
}

export interface TrainPpoResult {
  readonly finished: boolean;
  /** Environment steps since the beginning. */
  readonly steps: number;
  /** Undefined if no episode has ended yet. */
  readonly recentReturn: RecentReturn | undefined;
}

/**
 * Trains until the last update or until `signal`. The same config gives the same bits, however often the training was interrupted
 * or killed, if the environment has `save` and `load`; without them a resumed training begins new episodes.
 *
 * Writes `metrics.jsonl`, `timing.jsonl`, an event file for TensorBoard, `checkpoints/last.safetensors` (everything) and, when it
 * stops, `metrics.csv`.
 *
 * @throws CounterpoiseError if config.json or the module of the environment are not those of the checkpoint; EnvironmentError for what
 * the environment does wrong; DivergedError; Error if a file cannot be written. The last checkpoint is then still good.
 */
export async function trainPpo(options: TrainPpoOptions): Promise<TrainPpoResult> {
  const { run } = options;
  const config = checkPpoRun(run);
  const environment = await openEnvironment(config.environment);
  const trainer = await createPpoTrainer(trainerOptions(config, environment).options);
  return await trainIn(options, config, trainer).finally(() => trainer.release());
}

async function trainIn(options: TrainPpoOptions, config: PpoConfig, trainer: PpoTrainer): Promise<TrainPpoResult> {
  const { run } = options;
  await cleanRun(run);
  // No columns: there are no epochs, and metrics.csv is written at the end.
  const log = new MetricsLog(run.path, { columns: [] });
  try {
    const training = new Training(options, config, trainer, log);
    await training.restore();
    return await training.run();
  } finally {
    log.close();
    await writeMetricsCsv(run);
  }
}

/** What the checkpoint of a run has beside that of the trainer. */
interface RunNotes {
  /** SHA-256 of the config. */
  readonly config: string;
  /** SHA-256 of the module of the environment, or `null`. */
  readonly environment: string | null;
  /** How much of `metrics.jsonl` there was, in bytes. */
  readonly metrics: number;
}

class Training {
  readonly #options: TrainPpoOptions;
  readonly #trainer: PpoTrainer;
  readonly #log: MetricsLog;
  /** Environment steps of an update. */
  readonly #rows: number;
  readonly #identity: Pick<RunNotes, 'config' | 'environment'>;
  readonly #returns = new ReturnWindow();
  #lastSave = performance.now();

  constructor(options: TrainPpoOptions, config: PpoConfig, trainer: PpoTrainer, log: MetricsLog) {
    this.#options = options;
    this.#trainer = trainer;
    this.#log = log;
    this.#rows = config.environments * config.rolloutSteps;
    this.#identity = {
      config: configFingerprint(options.run.config),
      environment: environmentFingerprint(config.environment),
    };
  }

  /** Brings trainer and log to the last checkpoint, or to the very beginning if there is none. */
  async restore(): Promise<void> {
    const { path, lastCheckpoint, metrics } = this.#options.run;
    if (!existsSync(lastCheckpoint)) {
      this.#log.truncateTo({ jsonl: 0, csv: 0 });
      return;
    }
    const notes = await readNotes(lastCheckpoint);
    if (notes.config !== this.#identity.config) {
      throw stale(`"${path}": config.json is not the one that the last checkpoint was trained with`);
    }
    if (notes.environment !== this.#identity.environment) {
      throw stale(`"${path}": the module of the environment is not the one that the last checkpoint was trained with`);
    }
    await this.#trainer.load(lastCheckpoint);
    this.#log.truncateTo({ jsonl: notes.metrics, csv: 0 });
    for (const record of readMetrics(metrics)) this.#returns.add(record);
  }

  async run(): Promise<TrainPpoResult> {
    const { signal, checkpointSeconds = 30 } = this.#options;
    const { total, done: before } = this.#trainer.updates;
    const progress = this.#options.progress({ totalSteps: total * this.#rows, stepsDone: before * this.#rows });
    let saved = before;
    try {
      while (this.#trainer.updates.done < total && !signal?.aborted) {
        progress.update({ record: await this.#update(), recentReturn: this.#returns.value });
        if (performance.now() - this.#lastSave < 1000 * checkpointSeconds) continue;
        await this.#save();
        saved = this.#trainer.updates.done;
      }
      if (saved < this.#trainer.updates.done) await this.#save();
    } finally {
      progress.finish();
    }
    const { done } = this.#trainer.updates;
    return { finished: done === total, steps: done * this.#rows, recentReturn: this.#returns.value };
  }

  async #update(): Promise<MetricsRecord> {
    const begin = performance.now();
    const record = updateRecord(await this.#trainer.iterate());
    const trainSeconds = (performance.now() - begin) / 1000;
    this.#returns.add(record);
    this.#log.step(record);
    this.#log.timing({ step: record.step!, trainSeconds, 'charts/SPS': Math.round(this.#rows / trainSeconds) });
    return record;
  }

  /** Finite losses may still have had an infinite gradient: such a network must not replace a good checkpoint. */
  async #save(): Promise<void> {
    const key = firstNonFinite(this.#trainer.model.stateDict());
    if (key !== undefined) {
      throw new DivergedError(`"${key}" is no longer finite: the gradients overflowed; a lower learning rate may help`);
    }
    const notes: RunNotes = { ...this.#identity, metrics: this.#log.position().jsonl };
    await this.#trainer.save(this.#options.run.lastCheckpoint, { ...notes });
    this.#lastSave = performance.now();
  }
}

/** @throws Error that names the checkpoint if it is not that of a run. */
export async function readNotes(path: string): Promise<RunNotes> {
  const { state } = await loadCheckpoint(path);
  const { config, environment, metrics } = (state.notes ?? {}) as Partial<RunNotes>;
  const isRight = typeof config === 'string' && environment !== undefined && typeof metrics === 'number';
  if (!isRight) throw new Error(`checkpoint "${path}" is not that of a PPO run: its state lacks something`);
  return { config, environment, metrics };
}

function stale(message: string): CounterpoiseError {
  return new CounterpoiseError('option', message);
}
