/** The optimiser steps of an epoch and what they are fed. */
import { batchesPerStep } from '@counterpoise/training';
import { parseAugmentation } from './augment-list.js';
import { batchCount, batches } from './batches.js';
import { type LocalizerConfig, OptionError } from './config.js';
import { createConfiguredBalancer } from './configured-balancer.js';
import type { LocalizationDataset } from './dataset.js';
import type { ImageWriter } from './image-writer.js';
import { type StepBatches, stepBatches } from './step-batches.js';

/** Evens out pictures that take long to decode. */
const PREFETCH = 2;

/** Optimiser steps of an epoch. @throws OptionError if the data are not enough for one. */
export function countSteps(config: LocalizerConfig, items: number): number {
  const available = batchCount(items, config.batchSize, true);
  const perStep = batchesPerStep(createConfiguredBalancer(config).balancer.method.needs, config.accumulate);
  const steps = Math.floor(available / perStep);
  if (steps > 0) return steps;
  const have = `an epoch of ${items} pictures has ${available}`;
  throw new OptionError(
    config.accumulate > 1
      ? `"accumulate" must be at most the number of batches of an epoch, got ${perStep}: ${have}`
      : `"balance" ${config.balance} takes ${perStep} batches per step, and ${have}: choose a smaller "batchSize"`,
  );
}

export interface EpochPlace {
  /** From 0. */
  readonly epoch: number;
  /** Steps done of it. */
  readonly done: number;
  /** Batches per step. */
  readonly perStep: number;
  readonly writer: ImageWriter;
}

/** The steps that are left of the epoch, in the order that the seed gives it. */
export function epochSteps(
  train: LocalizationDataset,
  { imageSize, batchSize, seed, augment, accumulate }: LocalizerConfig,
  { epoch, done, perStep, writer }: EpochPlace,
): AsyncGenerator<StepBatches, void, void> {
  const augmentation = parseAugmentation(augment);
  const upcoming = batches(train, {
    imageSize,
    batchSize,
    seed,
    epoch,
    shuffle: true,
    dropLast: true,
    start: done * perStep,
    prefetch: PREFETCH,
    writer,
    ...(augmentation && { augmentation }),
  });
  // Batches that are compared are three, and never averaged.
  return stepBatches(upcoming, { perStep, averages: perStep === accumulate });
}
