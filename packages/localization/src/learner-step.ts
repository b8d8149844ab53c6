/** The compiled training step of a learner. */
import { compile, Input, type Program, stopGradient } from '@counterpoise/engine';
import {
  type BalancedStep,
  type BalancedStepResult,
  type BalancedStepSettings,
  compileBalancedStep,
} from '@counterpoise/training';
import type { LocalizerConfig } from './config.js';
import type { Learner } from './learner.js';
import { lossMask, trainingLosses } from './losses.js';
import type { StepBatches } from './step-batches.js';
import { isBackboneFrozen, setModes } from './transfer.js';

export interface LearnerStepOptions {
  readonly batchSize: number;
  /** The first epoch that it is needed for, from 0. */
  readonly epoch: number;
  /** Are some pictures labelled in part? Default false. */
  readonly isPartlyLabelled?: boolean;
  /** Of every loss in every step, whatever the method asks for. Default false. */
  readonly measureGradients?: boolean;
}

/** A step for one batch size. After it the moving average is brought up to date. */
export class LearnerStep {
  readonly #learner: Learner;
  readonly #config: LocalizerConfig;
  readonly #options: LearnerStepOptions;
  readonly #averaging: Program | undefined;
  #step: BalancedStep;
  /** What the present step was compiled for: thawing the backbone changes the graph. */
  #isFrozen: boolean;

  private constructor(
    learner: Learner,
    config: LocalizerConfig,
    options: LearnerStepOptions,
    compiled: { step: BalancedStep; averaging: Program | undefined },
  ) {
    this.#learner = learner;
    this.#config = config;
    this.#options = options;
    this.#step = compiled.step;
    this.#isFrozen = isBackboneFrozen(config, options.epoch);
    this.#averaging = compiled.averaging;
  }

  static async compile(learner: Learner, config: LocalizerConfig, options: LearnerStepOptions): Promise<LearnerStep> {
    const step = await compileFor(learner, config, options);
    const updates = learner.average?.updates();
    try {
      const averaging = updates && (await compile([{ name: 'average', updates }], { threads: config.threads }));
      return new LearnerStep(learner, config, options, { step, averaging });
    } catch (error) {
      step.release();
      throw error;
    }
  }

  /** As `BalancedStep.run`; a loss that no picture of the step has a sample of is NaN. */
  async run(
    { feeds, shares, present }: Pick<StepBatches, 'feeds' | 'shares' | 'present'>,
    settings: Omit<BalancedStepSettings, 'mask'> & { readonly epoch: number },
  ): Promise<BalancedStepResult> {
    if (isBackboneFrozen(this.#config, settings.epoch) !== this.#isFrozen) {
      const next = await compileFor(this.#learner, this.#config, { ...this.#options, epoch: settings.epoch });
      this.#step.release();
      this.#step = next;
      this.#isFrozen = !this.#isFrozen;
    }
    this.#learner.popArt?.observe(feeds.map(({ boxes }, at) => ({ boxes, boxShares: shares[at]!.boxShares })));
    const mask = lossMask(this.#config.boxLosses, present);
    const given = this.#options.isPartlyLabelled ? feeds.map((batch, at) => ({ ...batch, ...shares[at]! })) : feeds;
    const result = await this.#step.run(given, { ...settings, mask });
    await this.#averaging?.run('average', this.#learner.average?.feeds(settings.step));
    const losses = Object.entries(result.losses).map(([name, loss]) => [name, mask[name] ? loss : Number.NaN]);
    return { ...result, losses: Object.fromEntries(losses) };
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
  { batchSize, epoch, isPartlyLabelled, measureGradients = false }: LearnerStepOptions,
): Promise<BalancedStep> {
  const { imageSize, threads, boundary, headGradients, accumulate } = config;
  const images = new Input('images', [batchSize, 3, imageSize, imageSize]);
  const targets = { labels: new Input('labels', [batchSize], 'int32'), boxes: new Input('boxes', [batchSize, 4]) };
  const shares = isPartlyLabelled
    ? { classShares: new Input('classShares', [batchSize]), boxShares: new Input('boxShares', [batchSize]) }
    : undefined;
  setModes(model, config, epoch);
  const features = model.backbone.forward(images);
  const heads = model.heads(isBackboneFrozen(config, epoch) ? stopGradient(features) : features);
  const losses = trainingLosses(heads, targets, config, model.boxCoding, shares);
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
