/** Measurements of the losses of a localizer for `diagnose`, taken while it trains a few steps that nobody keeps. */
import { SGD } from '@counterpoise/nn';
import { batchesPerStep, type Measurement, type RunFolder, type Targets } from '@counterpoise/training';
import { boxCodingFor, standardizationFor } from './box-head.js';
import { checkConfig } from './check-config.js';
import { Checkpoints } from './checkpoints.js';
import type { LocalizerConfig } from './config.js';
import { createConfiguredBalancer } from './configured-balancer.js';
import { isWhole } from './dataset.js';
import { countSteps, epochSteps } from './epoch-steps.js';
import { MAIN_THREAD } from './image-writer.js';
import { createLearner, type Learner } from './learner.js';
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
  const isPartlyLabelled = !train.items.every(isWhole);
  const options = { batchSize, epoch: position.epoch, isPartlyLabelled };
  // A step that takes the losses in turn computes one gradient, and one that compares batches no gradient of its mean losses: then a
  // step that learns nothing measures, on the same batches.
  const perStep = batchesPerStep(learner.balancer.method.needs, checked.accumulate);
  const probe =
    learner.stage?.turn || perStep > checked.accumulate
      ? await LearnerStep.compile(
          probeOf(learner, checked),
          { ...checked, accumulate: perStep },
          { ...options, measureGradients: true },
        )
      : undefined;
  const step = await LearnerStep.compile(probe ? { ...learner, popArt: undefined } : learner, checked, {
    ...options,
    measureGradients: !probe,
  });
  const measurements: Measurement[] = [];
  try {
    for (let { epoch, batch: done } = position; ; epoch++, done = 0) {
      for await (const batches of epochSteps(train, checked, {
        epoch,
        done,
        perStep,
        writer: MAIN_THREAD,
      })) {
        if (signal?.aborted) return measurements;
        const taken = position.step + measurements.length;
        const time = Math.min(taken / stepsPerEpoch, checked.epochs);
        const learningRate = checked.learningRate * learner.schedule(time);
        const settings = { step: taken + 1, learningRate, epoch };
        const measured = await probe?.run(batches, { ...settings, learningRate: 0 });
        const trained = await step.run(batches, settings);
        const { losses, gradientNorms, gramian } = measured ?? trained;
        const { weights } = trained;
        measurements.push({ losses: presentOf(losses), gradientNorms, gramian, weights });
        onStep?.(measurements.length);
        if (measurements.length === steps) return measurements;
      }
    }
  } finally {
    step.release();
    probe?.release();
  }
}

/**
 * The same network with a step of length 0. It does see every batch once more in the running statistics of batch normalisation, which
 * no training step reads.
 */
function probeOf(learner: Learner, config: LocalizerConfig): Learner {
  const { balancer } = createConfiguredBalancer({ ...config, balance: 'sum', balanceOptions: [], balanceWraps: [] });
  const optimizer = new SGD(learner.model.namedParameters());
  return { ...learner, evaluated: learner.model, average: undefined, stage: undefined, balancer, optimizer };
}

function presentOf(losses: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(losses).filter(([, loss]) => !Number.isNaN(loss)));
}

/**
 * The standard deviation of the box targets, root mean square over the four coordinates, in the unit of the losses on them. Nothing
 * where they are standardised already; an overlap has no targets of its own.
 */
export function boxTargets(config: LocalizerConfig, { train }: TrainingData): Targets {
  const { boxLosses, boxUnits, boxHead, standardizeTargets } = config;
  if (standardizeTargets) return {};
  const { std } = standardizationFor(boxHead, train);
  const scale = boxUnits === 'pixels' ? FRAME : 1;
  const size = scale * Math.sqrt(std.reduce((sum, value) => sum + value ** 2, 0) / std.length);
  const unit = boxUnits === 'pixels' ? 'pixels' : 'picture sides';
  const names = lossNames(boxLosses).slice(1);
  return Object.fromEntries(
    names.flatMap((name, at) => (needsValidBoxes(boxLosses[at]!) ? [] : [[name, { std: size, unit }]])),
  );
}
