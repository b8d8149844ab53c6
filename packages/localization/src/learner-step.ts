/** The compiled training step of a learner. */
import { compile, type Feeds, Input, type Program, stopGradient } from '@counterpoise/engine';
import {
  type BalancedStep,
  type BalancedStepResult,
  type BalancedStepSettings,
  compileBalancedStep,
} from '@counterpoise/training';
import type { LocalizerConfig } from './config.js';
import type { Learner } from './learner.js';
import { trainingLosses } from './losses.js';
import { isBackboneFrozen, setModes } from './transfer.js';

/** A step for one batch size; feeds are `images`, `labels` and `boxes`. After it the moving average is brought up to date. */
export class LearnerStep {
  readonly #learner: Learner;
  readonly #config: LocalizerConfig;
  readonly #batchSize: number;
  readonly #averaging: Program | undefined;
  readonly #measureGradients: boolean;
  #step: BalancedStep;
  /** What the present step was compiled for: thawing the backbone changes the graph. */
  #isFrozen: boolean;

  private constructor(
    learner: Learner,
    config: LocalizerConfig,
    batchSize: number,
    compiled: {
      step: BalancedStep;
      isFrozen: boolean;
      averaging: Program | undefined;
      measureGradients: boolean;
    },
  ) {
    this.#learner = learner;
    this.#config = config;
    this.#batchSize = batchSize;
    this.#step = compiled.step;
    this.#isFrozen = compiled.isFrozen;
    this.#averaging = compiled.averaging;
    this.#measureGradients = compiled.measureGradients;
  }

  /**
   * @param epoch the first that it is needed for, from 0.
   * @param measureGradients of every loss in every step, whatever the method asks for.
   */
  static async compile(
    learner: Learner,
    config: LocalizerConfig,
    batchSize: number,
    epoch: number,
    measureGradients = false,
  ): Promise<LearnerStep> {
    const step = await compileFor(learner, config, { batchSize, epoch, measureGradients });
    const updates = learner.average?.updates();
    try {
      const averaging = updates && (await compile([{ name: 'average', updates }], { threads: config.threads }));
      const isFrozen = isBackboneFrozen(config, epoch);
      return new LearnerStep(learner, config, batchSize, { step, isFrozen, averaging, measureGradients });
    } catch (error) {
      step.release();
      throw error;
    }
  }

  /** As `BalancedStep.run`. */
  async run(
    feeds: readonly Feeds[],
    settings: BalancedStepSettings & { readonly epoch: number },
  ): Promise<BalancedStepResult> {
    if (isBackboneFrozen(this.#config, settings.epoch) !== this.#isFrozen) {
      const next = await compileFor(this.#learner, this.#config, {
        batchSize: this.#batchSize,
        epoch: settings.epoch,
        measureGradients: this.#measureGradients,
      });
      this.#step.release();
      this.#step = next;
      this.#isFrozen = !this.#isFrozen;
    }
    const result = await this.#step.run(feeds, settings);
    await this.#averaging?.run('average', this.#learner.average?.feeds(settings.step));
    return result;
  }

  /** How many batches `run` takes. */
  get batches(): number {
    return this.#step.batches;
  }

  release(): void {
    this.#step.release();
    this.#averaging?.release();
  }
}

function compileFor(
  { model, optimizer, balancer, stage }: Learner,
  config: LocalizerConfig,
  { batchSize, epoch, measureGradients }: { batchSize: number; epoch: number; measureGradients: boolean },
): Promise<BalancedStep> {
  const { imageSize, threads, boundary, headGradients, accumulate } = config;
  const images = new Input('images', [batchSize, 3, imageSize, imageSize]);
  const targets = { labels: new Input('labels', [batchSize], 'int32'), boxes: new Input('boxes', [batchSize, 4]) };
  setModes(model, config, epoch);
  const features = model.backbone.forward(images);
  const heads = model.heads(isBackboneFrozen(config, epoch) ? stopGradient(features) : features);
  const losses = trainingLosses(heads, targets, config, model.boxCoding);
  const graph = { losses, updates: model.takeUpdates(), optimizer };
  return compileBalancedStep(graph, balancer, {
    threads,
    boundary,
    heads: headGradients,
    accumulate,
    measureGradients,
    stage,
  });
}
