/** The training of a localizer in a run folder, from its beginning or from its last checkpoint. */
import { existsSync } from 'node:fs';
import {
  type BalancedStepResult,
  cleanRun,
  configFingerprint,
  epochColumns,
  epochRecord,
  firstNonFinite,
  type Json,
  loadCheckpoint,
  MetricsLog,
  type Progress,
  type RunFolder,
  saveCheckpoint,
  stepRecord,
} from '@counterpoise/training';
import { parseAugmentation } from './augment-list.js';
import { batchCount, batches } from './batches.js';
import { boxCodingFor } from './box-head.js';
import { checkConfig, type LocalizerConfig, OptionError } from './config.js';
import { type Evaluation, Evaluator } from './evaluator.js';
import { MAIN_THREAD } from './image-writer.js';
import { createLearner, type Learner, learnerTensors, loadLearnerTensors, modelTensors } from './learner.js';
import { LearnerStep } from './learner-step.js';
import { lossNames } from './losses.js';
import { PixelWorkers } from './pixel-workers.js';
import { type Best, isBetter, type Position, readTrainingState, startPosition, zeros } from './progress-state.js';
import { dataFingerprint, type TrainingData } from './training-data.js';

export interface TrainOptions {
  /** Made by `createRun` or opened by `openRun`. With a last checkpoint the training goes on there. */
  readonly run: RunFolder;
  /** Of `openTrainingData` with the run's config. */
  readonly data: TrainingData;
  /** Told the numbers of the training, gives the display. */
  readonly progress: (shape: TrainingShape) => Progress;
  /** Aborted: the training saves its state after the present step and stops. */
  readonly signal?: AbortSignal;
  /** At most this much work is lost to a crash, in seconds; 0 saves after every step. Default 30. */
  readonly checkpointSeconds?: number;
  /** Threads that augment the pictures; 0, the default: none but this one. The bits are the same. */
  readonly workers?: number;
  /** After every validation; `false` in `isLast` means that more epochs follow. */
  readonly onEpoch?: (evaluation: Evaluation, isLast: boolean) => Promise<void>;
}

export interface TrainingShape {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly stepsDone: number;
  /** Of metrics, by name. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface TrainResult {
  readonly finished: boolean;
  /** Of the whole training so far; `null` before the first validation. */
  readonly best: Best | null;
  /** Optimiser steps since the beginning. */
  readonly steps: number;
}

export const METRICS = ['accuracy', 'meanIou', 'boxAccuracy', 'localizationAccuracy'] as const;
/** Evens out pictures that take long to decode. */
const PREFETCH = 2;
const LABELS = { meanIou: 'mean IoU', localizationAccuracy: 'loc. acc.' };

/**
 * Trains until the last epoch or until `signal`. The same config, data and number of threads give the same bits, however
 * often the training was interrupted or killed.
 *
 * Writes `metrics.jsonl`, `metrics.csv`, `timing.jsonl`, `checkpoints/last.safetensors` (everything) and
 * `checkpoints/best.safetensors` (the network of the best epoch, see `isBetter`).
 *
 * @throws OptionError if config or data are not those of the checkpoint; NonFiniteLossError; Error if a file cannot be
 * written. The last checkpoint is then still good.
 */
export async function trainLocalizer(options: TrainOptions): Promise<TrainResult> {
  const training = await Training.open(options);
  try {
    return await training.run();
  } finally {
    await training.close();
  }
}

class Training {
  readonly #options: TrainOptions;
  readonly #config: LocalizerConfig;
  readonly #losses: readonly string[];
  readonly #learner: Learner;
  readonly #step: LearnerStep;
  readonly #evaluator: Evaluator;
  readonly #log: MetricsLog;
  readonly #progress: Progress;
  readonly #position: Position;
  readonly #stepsPerEpoch: number;
  readonly #fingerprints: { readonly config: string; readonly data: string };
  readonly #explained = new Set<string>();
  readonly #workers: PixelWorkers | undefined;
  #lastSave = performance.now();

  private constructor(
    options: TrainOptions,
    config: LocalizerConfig,
    learner: Learner,
    position: Position,
    plans: { step: LearnerStep; evaluator: Evaluator; log: MetricsLog; stepsPerEpoch: number },
    fingerprints: { readonly config: string; readonly data: string },
  ) {
    this.#options = options;
    this.#config = config;
    this.#losses = lossNames(config.boxLosses);
    this.#learner = learner;
    this.#position = position;
    this.#step = plans.step;
    this.#evaluator = plans.evaluator;
    this.#log = plans.log;
    this.#fingerprints = fingerprints;
    this.#stepsPerEpoch = plans.stepsPerEpoch;
    this.#workers = options.workers ? new PixelWorkers(options.workers) : undefined;
    this.#progress = options.progress({
      epochs: config.epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
      stepsDone: position.step,
      labels: LABELS,
    });
  }

  static async open(options: TrainOptions): Promise<Training> {
    const { run, data } = options;
    const config = checkConfig(run.config);
    const batchSize = Math.min(config.batchSize, data.train.items.length);
    // The check of the config again, for a set that is smaller than one batch.
    checkConfig({ ...config, batchSize });
    const fingerprints = { config: configFingerprint(run.config), data: dataFingerprint(data) };
    const boxCoding = boxCodingFor(config.boxHead, config.standardizeTargets, data.train);
    const stepsPerEpoch = batchCount(data.train.items.length, config.batchSize, true);
    const learner = createLearner(config, data.train.classes.length, boxCoding, stepsPerEpoch);
    await cleanRun(run);
    const losses = lossNames(config.boxLosses);
    const log = new MetricsLog(run.path, { columns: epochColumns(losses, METRICS) });
    let step: LearnerStep | undefined;
    try {
      const position = await restore(run, learner, log, fingerprints, losses);
      step = await LearnerStep.compile(learner, config, batchSize, position.epoch);
      const evaluator = await Evaluator.compile(learner.evaluated, { ...config, batchSize });
      return new Training(options, config, learner, position, { step, evaluator, log, stepsPerEpoch }, fingerprints);
    } catch (error) {
      step?.release();
      log.close();
      throw error;
    }
  }

  async run(): Promise<TrainResult> {
    const { signal } = this.#options;
    const position = this.#position;
    let unsaved = false;
    while (position.epoch < this.#config.epochs) {
      unsaved = true;
      const seconds = await this.#trainEpoch();
      const evaluation = signal?.aborted ? undefined : await this.#validate(seconds);
      if (!evaluation) {
        await this.#save();
        return { finished: false, best: position.best, steps: position.step };
      }
      const isLast = position.epoch === this.#config.epochs;
      if (isLast || this.#saveIsDue()) {
        await this.#save();
        unsaved = false;
      }
      await this.#options.onEpoch?.(evaluation, isLast);
    }
    if (unsaved) await this.#save();
    return { finished: true, best: position.best, steps: position.step };
  }

  /** The batches that are left of the epoch, or those until the signal. @returns seconds. */
  async #trainEpoch(): Promise<number> {
    const { data, signal } = this.#options;
    const { imageSize, batchSize, seed, augment } = this.#config;
    const position = this.#position;
    const begin = performance.now();
    const augmentation = parseAugmentation(augment);
    const upcoming = batches(data.train, {
      imageSize,
      batchSize,
      seed,
      epoch: position.epoch,
      shuffle: true,
      dropLast: true,
      start: position.batch,
      prefetch: PREFETCH,
      writer: this.#workers ?? MAIN_THREAD,
      ...(augmentation && { augmentation }),
    });
    for await (const { images, labels, boxes, size } of upcoming) {
      if (signal?.aborted) break;
      const step = position.step + 1;
      const learningRate = this.#learningRate(position.step);
      const result = await this.#step.run({ images, labels, boxes }, { step, learningRate, epoch: position.epoch });
      this.#count(result);
      this.#explain(result);
      this.#log.step(stepRecord({ epoch: position.epoch + 1, step, learningRate, ...result }));
      this.#progress.step({ epoch: position.epoch + 1, step: position.batch, count: size, ...pick(result) });
      if (this.#saveIsDue() && position.batch < this.#stepsPerEpoch) await this.#save();
    }
    return (performance.now() - begin) / 1000;
  }

  #count({ losses, weights }: BalancedStepResult): void {
    const position = this.#position;
    position.step++;
    position.batch++;
    for (const name of this.#losses) {
      position.lossSums[name]! += losses[name]!;
      position.weightSums[name]! += weights[name]!;
    }
  }

  /** Says once per loss and cause why a loss does not have the weight that the method's formula gives. */
  #explain({ reasons }: BalancedStepResult): void {
    for (const [loss, { code, message }] of Object.entries(reasons)) {
      if (this.#explained.has(`${code} ${loss}`)) continue;
      this.#explained.add(`${code} ${loss}`);
      this.#progress.message(`step ${this.#position.step}: ${message}`);
    }
  }

  /** Ends the epoch. @returns undefined if the signal came first: the epoch is then not finished. */
  async #validate(trainSeconds: number): Promise<Evaluation | undefined> {
    const { data, run, signal } = this.#options;
    const position = this.#position;
    const begin = performance.now();
    const evaluation = await this.#evaluator.evaluate(data.val, signal, (done, total) =>
      this.#progress.validation(done, total),
    );
    if (!evaluation) return undefined;
    const { metrics, losses: valLosses } = evaluation;
    const epoch = position.epoch + 1;
    const bad = this.#losses.find((name) => !Number.isFinite(valLosses[name]));
    if (bad) {
      throw new Error(
        `validation loss "${bad}" is ${valLosses[bad]} after epoch ${epoch}; a lower learning rate may help`,
      );
    }
    const perStep = (sums: Record<string, number>) => mapValues(sums, (sum) => sum / this.#stepsPerEpoch);
    const [trainLosses, weights] = [perStep(position.lossSums), perStep(position.weightSums)];
    const shown = Object.fromEntries(METRICS.map((name) => [name, metrics[name]]));
    const learningRate = this.#learningRate(position.step - 1);
    this.#log.epoch(
      epochRecord({ epoch, step: position.step, learningRate, trainLosses, valLosses, weights, metrics: shown }),
    );
    Object.assign(position, { epoch, batch: 0, lossSums: zeros(this.#losses), weightSums: zeros(this.#losses) });

    const { accuracy, meanIou, boxAccuracy, localizationAccuracy } = metrics;
    const candidate = { epoch, accuracy, meanIou, boxAccuracy, localizationAccuracy };
    if (isBetter(candidate, position.best)) {
      this.#requireFinite();
      const state = { ...this.#identity(), best: { ...candidate } };
      await saveCheckpoint(run.bestCheckpoint, { tensors: modelTensors(this.#learner.evaluated), state });
      position.best = candidate;
    }
    const valSeconds = (performance.now() - begin) / 1000;
    const memoryMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
    this.#log.timing({ epoch, step: position.step, trainSeconds, valSeconds, memoryMiB });
    const metricsShown = { accuracy, meanIou, localizationAccuracy };
    this.#progress.epoch({ epoch, learningRate, trainLosses, valLosses, weights, metrics: metricsShown });
    return evaluation;
  }

  /** Of the step after `stepsDone` others; the schedule's time is in epochs. */
  #learningRate(stepsDone: number): number {
    return this.#config.learningRate * this.#learner.schedule(stepsDone / this.#stepsPerEpoch);
  }

  #saveIsDue(): boolean {
    return performance.now() - this.#lastSave >= 1000 * (this.#options.checkpointSeconds ?? 30);
  }

  async #save(): Promise<void> {
    this.#requireFinite();
    const state = {
      ...this.#identity(),
      position: this.#position as unknown as Json,
      balancer: this.#learner.balancer.state() as unknown as Json,
      metrics: this.#log.position(),
    };
    await saveCheckpoint(this.#options.run.lastCheckpoint, { tensors: learnerTensors(this.#learner), state });
    this.#lastSave = performance.now();
  }

  /** What both checkpoints say about themselves. */
  #identity() {
    const { backbone, imageSize } = this.#config;
    const boxCoding = this.#learner.model.boxCoding as unknown as Json;
    return { ...this.#fingerprints, classes: this.#options.data.train.classes, backbone, imageSize, boxCoding };
  }

  /** Finite losses may still have had an infinite gradient: such a network must not replace a good checkpoint. */
  #requireFinite(): void {
    const key = firstNonFinite(learnerTensors(this.#learner));
    if (key === undefined) return;
    const { step } = this.#position;
    throw new Error(
      `"${key}" is no longer finite after step ${step}: the gradients overflowed; a lower learning rate may help`,
    );
  }

  async close(): Promise<void> {
    await this.#workers?.close();
    this.#progress.finish();
    this.#step.release();
    this.#evaluator.release();
    this.#log.close();
  }
}

/** Brings learner and log to the last checkpoint, or to the very beginning if there is none. */
async function restore(
  run: RunFolder,
  learner: Learner,
  log: MetricsLog,
  fingerprints: { readonly config: string; readonly data: string },
  losses: readonly string[],
): Promise<Position> {
  const path = run.lastCheckpoint;
  if (!existsSync(path)) {
    log.truncateTo({ jsonl: 0, csv: 0 });
    return startPosition(losses);
  }
  const { tensors, state } = await loadCheckpoint(path);
  const saved = readTrainingState(path, state, losses);
  if (saved.config !== fingerprints.config) {
    throw new OptionError(`"${run.path}": config.json is not the one that the last checkpoint was trained with`);
  }
  if (saved.data !== fingerprints.data) {
    throw new OptionError(`"${run.path}": the data set is not the one that the last checkpoint was trained on`);
  }
  try {
    loadLearnerTensors(learner, tensors);
  } catch (error) {
    throw new Error(`checkpoint "${path}": ${(error as Error).message}`, { cause: error });
  }
  learner.balancer.load(saved.balancer);
  log.truncateTo(saved.metrics);
  return structuredClone(saved.position);
}

function pick({ losses, weights }: BalancedStepResult) {
  return { losses, weights };
}

function mapValues<K extends string>(values: Record<K, number>, map: (value: number) => number): Record<K, number> {
  return Object.fromEntries(Object.entries<number>(values).map(([name, value]) => [name, map(value)])) as Record<
    K,
    number
  >;
}
