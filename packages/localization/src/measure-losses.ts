/** Measurements of the losses of a localizer for `diagnose`, taken while it trains a few steps that nobody keeps. */
import type { Measurement, RunFolder, Targets } from '@counterpoise/training';
import { boxCodingFor } from './box-head.js';
import { checkConfig } from './check-config.js';
import { Checkpoints } from './checkpoints.js';
import type { LocalizerConfig } from './config.js';
import { countSteps, epochSteps } from './epoch-steps.js';
import { MAIN_THREAD } from './image-writer.js';
import { createLearner } from './learner.js';
import { LearnerStep } from './learner-step.js';
import { FRAME, lossNames, needsValidBoxes } from './losses.js';
import { startPosition } from './progress-state.js';
import type { TrainingData } from './training-data.js';

export interface MeasureOptions {
  readonly config: LocalizerConfig;
  /** Of `openTrainingData` with this config. */
  readonly data: TrainingData;
  /** Begins at the last checkpoint of this run, whose config is `config`. Its files stay as they are. Default: a new network. */
  readonly run?: RunFolder;
  /** Optimiser steps, at least 1; epochs follow each other without end. */
  readonly steps: number;
  /** Aborted: what has been measured so far is the result. */
  readonly signal?: AbortSignal;
  /** After every step, how many are done. */
  readonly onStep?: (done: number) => void;
}

/**
 * Trains as the config says, with its method and learning rate, and measures in every step the gradient of each raw loss on all
 * parameters that the losses share. Past the last epoch the learning rate stays what it was at its end.
 *
 * @throws as `trainLocalizer`; RangeError if the losses share no parameter, as with a frozen backbone.
 */
export async function measureLosses({
  config,
  data,
  run,
  steps,
  signal,
  onStep,
}: MeasureOptions): Promise<Measurement[]> {
  const { train } = data;
  const batchSize = Math.min(config.batchSize, train.items.length);
  const checked = checkConfig({ ...config, batchSize, boundary: 'parameters' });
  const stepsPerEpoch = countSteps(checked, train.items.length);
  const boxCoding = boxCodingFor(checked.boxHead, checked.standardizeTargets, train);
  const learner = createLearner(checked, train.classes.length, boxCoding, stepsPerEpoch);
  const names = lossNames(checked.boxLosses);
  const position = run ? (await new Checkpoints(run, data, learner, names).load()).position : startPosition(names);
  const step = await LearnerStep.compile(learner, checked, batchSize, position.epoch, true);
  const measurements: Measurement[] = [];
  try {
    for (let { epoch, batch: done } = position; ; epoch++, done = 0) {
      for await (const { feeds } of epochSteps(train, checked, {
        epoch,
        done,
        perStep: step.batches,
        writer: MAIN_THREAD,
      })) {
        if (signal?.aborted) return measurements;
        const taken = position.step + measurements.length;
        const time = Math.min(taken / stepsPerEpoch, checked.epochs);
        const learningRate = checked.learningRate * learner.schedule(time);
        const { losses, gradientNorms, gramian, weights } = await step.run(feeds, {
          step: taken + 1,
          learningRate,
          epoch,
        });
        measurements.push({ losses, gradientNorms, gramian, weights });
        onStep?.(measurements.length);
        if (measurements.length === steps) return measurements;
      }
    }
  } finally {
    step.release();
  }
}

/**
 * The standard deviation of the box targets, root mean square over the four coordinates, in the unit of the losses on them. Nothing
 * where they are standardised already; an overlap has no targets of its own.
 */
export function boxTargets(config: LocalizerConfig, { train }: TrainingData): Targets {
  const { boxLosses, boxUnits, boxHead, standardizeTargets } = config;
  if (standardizeTargets) return {};
  const { std } = boxCodingFor(boxHead, true, train).standardization!;
  const scale = boxUnits === 'pixels' ? FRAME : 1;
  const size = scale * Math.sqrt(std.reduce((sum, value) => sum + value ** 2, 0) / std.length);
  const unit = boxUnits === 'pixels' ? 'pixels' : 'picture sides';
  const names = lossNames(boxLosses).slice(1);
  return Object.fromEntries(
    names.flatMap((name, at) => (needsValidBoxes(boxLosses[at]!) ? [] : [[name, { std: size, unit }]])),
  );
}
