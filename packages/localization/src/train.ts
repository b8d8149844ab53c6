/** The training of a localizer in a run folder, from its beginning or from its last checkpoint. */
import {
  type BalancedStepResult,
  cleanRun,
  DivergedError,
  epochColumns,
  epochRecord,
  MetricsLog,
  type Progress,
  stepRecord,
} from '@counterpoise/training';
import { boxCodingFor } from './box-head.js';
import { checkConfig } from './check-config.js';
import { Checkpoints } from './checkpoints.js';
import type { LocalizerConfig } from './config.js';
import { isWhole } from './dataset.js';
import { countSteps, epochSteps } from './epoch-steps.js';
import { type Evaluation, Evaluator } from './evaluator.js';
import { MAIN_THREAD } from './image-writer.js';
import { createLearner, type Learner } from './learner.js';
import { LearnerStep } from './learner-step.js';
import { lossNames } from './losses.js';
import { METRICS } from './metrics.js';
import { PixelWorkers } from './pixel-workers.js';
import { countStep, isBetter, meansOfEpoch, type Position, startEpoch } from './progress-state.js';
import type { TrainOptions, TrainResult } from './train-options.js';

const LABELS = { meanIou: 'mean IoU', localizationAccuracy: 'loc. acc.' };

/**
 * Trains until the last epoch or until `signal`. The same config, data and number of threads give the same bits, however
 * often the training was interrupted or killed.
 *
 * Writes `metrics.jsonl`, `metrics.csv`, `timing.jsonl`, `checkpoints/last.safetensors` (everything) and
 * `checkpoints/best.safetensors` (the network of the best epoch, see `isBetter`).
 *
 * @throws OptionError if config or data are not those of the checkpoint; DivergedError; Error if a file cannot be
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
  readonly #learner: Learner;
  readonly #step: LearnerStep;
  readonly #evaluator: Evaluator;
  readonly #log: MetricsLog;
  readonly #progress: Progress;
  readonly #position: Position;
  readonly #stepsPerEpoch: number;
  readonly #checkpoints: Checkpoints;
  readonly #explained = new Set<string>();
  readonly #workers: PixelWorkers | undefined;
  #lastSave = performance.now();

  private constructor(
    options: TrainOptions,
    config: LocalizerConfig,
    learner: Learner,
    position: Position,
    parts: {
      step: LearnerStep;
      evaluator: Evaluator;
      log: MetricsLog;
      checkpoints: Checkpoints;
      stepsPerEpoch: number;
    },
  ) {
    this.#options = options;
    this.#config = config;
    this.#learner = learner;
    this.#position = position;
    this.#step = parts.step;
    this.#evaluator = parts.evaluator;
    this.#log = parts.log;
    this.#checkpoints = parts.checkpoints;
    this.#stepsPerEpoch = parts.stepsPerEpoch;
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
    const boxCoding = boxCodingFor(config.boxHead, config.standardizeTargets, data.train);
    const stepsPerEpoch = countSteps(config, data.train.items.length);
    const learner = createLearner(config, data.train.classes.length, boxCoding, stepsPerEpoch);
    const losses = lossNames(config.boxLosses);
    const checkpoints = new Checkpoints(run, data, learner, losses);
    await cleanRun(run);
    const log = new MetricsLog(run.path, { columns: epochColumns(losses, METRICS) });
    let step: LearnerStep | undefined;
    try {
      const position = await checkpoints.restore(log);
      const isPartlyLabelled = !data.train.items.every(isWhole);
      step = await LearnerStep.compile(learner, config, { batchSize, epoch: position.epoch, isPartlyLabelled });
      const evaluator = await Evaluator.compile(learner.evaluated, { ...config, batchSize });
      return new Training(options, config, learner, position, { step, evaluator, log, checkpoints, stepsPerEpoch });
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
    const position = this.#position;
    const begin = performance.now();
    const upcoming = epochSteps(data.train, this.#config, {
      epoch: position.epoch,
      done: position.batch,
      perStep: this.#step.batches,
      writer: this.#workers ?? MAIN_THREAD,
    });
    for await (const batches of upcoming) {
      if (signal?.aborted) break;
      const step = position.step + 1;
      const learningRate = this.#learningRate(position.step);
      const result = await this.#step.run(batches, { step, learningRate, epoch: position.epoch });
      countStep(position, result);
      this.#explain(result);
      this.#log.step(stepRecord({ epoch: position.epoch + 1, step, learningRate, ...result }));
      const { losses, weights } = result;
      this.#progress.step({ epoch: position.epoch + 1, step: position.batch, count: batches.size, losses, weights });
      if (this.#saveIsDue() && position.batch < this.#stepsPerEpoch) await this.#save();
    }
    return (performance.now() - begin) / 1000;
  }

  /** Says once per loss and cause why a loss does not have the weight that the method's formula gives. */
  #explain({ reasons }: BalancedStepResult): void {
    for (const [loss, { code, message }] of Object.entries(reasons)) {
      // That some batches lack a loss was known before.
      if (code === 'absent') continue;
      if (this.#explained.has(`${code} ${loss}`)) continue;
      this.#explained.add(`${code} ${loss}`);
      this.#progress.message(`step ${this.#position.step}: ${message}`);
    }
  }

  /** Ends the epoch. @returns undefined if the signal came first: the epoch is then not finished. */
  async #validate(trainSeconds: number): Promise<Evaluation | undefined> {
    const { data, signal } = this.#options;
    const position = this.#position;
    const begin = performance.now();
    const evaluation = await this.#evaluator.evaluate(data.val, signal, (done, total) =>
      this.#progress.validation(done, total),
    );
    if (!evaluation) return undefined;
    const { metrics, losses: valLosses } = evaluation;
    const epoch = position.epoch + 1;
    const bad = Object.keys(valLosses).find((name) => !Number.isFinite(valLosses[name]));
    if (bad) {
      throw new DivergedError(
        `validation loss "${bad}" is ${valLosses[bad]} after epoch ${epoch}; a lower learning rate may help`,
      );
    }
    const { losses: trainLosses, weights } = meansOfEpoch(position);
    const shown = Object.fromEntries(METRICS.map((name) => [name, metrics[name]]));
    const learningRate = this.#learningRate(position.step - 1);
    this.#log.epoch(
      epochRecord({ epoch, step: position.step, learningRate, trainLosses, valLosses, weights, metrics: shown }),
    );
    startEpoch(position, epoch);

    const { accuracy, meanIou, boxAccuracy, localizationAccuracy } = metrics;
    const candidate = { epoch, accuracy, meanIou, boxAccuracy, localizationAccuracy };
    if (isBetter(candidate, position.best)) {
      await this.#checkpoints.saveBest(candidate, position.step);
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
    await this.#checkpoints.saveLast(this.#position, this.#log.position());
    this.#lastSave = performance.now();
  }

  async close(): Promise<void> {
    await this.#workers?.close();
    this.#progress.finish();
    this.#step.release();
    this.#evaluator.release();
    this.#log.close();
  }
}
