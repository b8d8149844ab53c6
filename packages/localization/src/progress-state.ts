/** Where a training stands: everything a checkpoint holds besides tensors, as plain JSON. */
import type { Json, MetricsPosition } from '@counterpoise/training';

type PerLoss = Record<string, number>;

/** The validation result that the best checkpoint was taken at. */
export interface Best {
  /** From 1. */
  readonly epoch: number;
  readonly accuracy: number;
  readonly meanIou: number;
  readonly boxAccuracy: number;
  readonly localizationAccuracy: number;
}

type Score = Pick<Best, 'accuracy' | 'meanIou'>;

export interface Position {
  /** Finished epochs. */
  epoch: number;
  /** Optimiser steps done of the epoch that is not finished. */
  batch: number;
  /** Optimiser steps since the beginning. */
  step: number;
  /** Sums over the batches done of the epoch: raw losses and their weights. */
  lossSums: PerLoss;
  weightSums: PerLoss;
  /** Of those batches, the ones without a sample of the loss. */
  absent: PerLoss;
  best: Best | null;
}

/** @param losses their names. */
export function startPosition(losses: readonly string[]): Position {
  return { epoch: 0, batch: 0, step: 0, ...emptySums(losses), best: null };
}

function emptySums(losses: readonly string[]): Pick<Position, 'lossSums' | 'weightSums' | 'absent'> {
  const zeros = () => Object.fromEntries(losses.map((name) => [name, 0]));
  return { lossSums: zeros(), weightSums: zeros(), absent: zeros() };
}

/** Counts one more optimiser step, of the batch that follows those done; a loss that it had no sample of is NaN. */
export function countStep(
  position: Position,
  { losses, weights }: Readonly<Record<'losses' | 'weights', PerLoss>>,
): void {
  position.step++;
  position.batch++;
  for (const name of Object.keys(position.lossSums)) {
    if (Number.isNaN(losses[name])) {
      position.absent[name]!++;
      continue;
    }
    position.lossSums[name]! += losses[name]!;
    position.weightSums[name]! += weights[name]!;
  }
}

/** Means over the batches done of the epoch that had a sample of the loss, NaN if none had. */
export function meansOfEpoch({ batch, lossSums, weightSums, absent }: Position): { losses: PerLoss; weights: PerLoss } {
  const mean = (sums: PerLoss) =>
    Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / (batch - absent[name]!)]));
  return { losses: mean(lossSums), weights: mean(weightSums) };
}

/** @param epoch the number of those finished. */
export function startEpoch(position: Position, epoch: number): void {
  const losses = Object.keys(position.lossSums);
  Object.assign(position, { epoch, batch: 0, ...emptySums(losses) });
}

/**
 * Better means: a higher sum of accuracy and mean IoU on the validation set; where equal, the earlier epoch stays. The joint
 * localization accuracy would be the purer measure, but on a small set it moves in steps of a whole picture.
 */
export function isBetter(candidate: Score, best: Score | null): boolean {
  return !best || candidate.accuracy + candidate.meanIou > best.accuracy + best.meanIou;
}

/** The state of a last checkpoint. */
export interface TrainingState {
  /** SHA-256 of config and data: a run goes on only with the same. */
  readonly config: string;
  readonly data: string;
  readonly classes: readonly string[];
  readonly position: Position;
  /** `Balancer.state()` */
  readonly balancer: Json;
  /** `PopArtState`, with PopArt; else null. */
  readonly popArt: Json;
  readonly metrics: MetricsPosition;
}

/** @throws Error if the JSON is not the state of a training with these losses. */
export function readTrainingState(
  path: string,
  state: { readonly [key: string]: Json },
  losses: readonly string[],
): TrainingState {
  const { config, data, classes, position, balancer, metrics } = state as Partial<Record<string, Json>>;
  const fits =
    typeof config === 'string' &&
    typeof data === 'string' &&
    Array.isArray(classes) &&
    classes.every((name) => typeof name === 'string') &&
    isRecord(balancer) &&
    isRecord(metrics) &&
    hasNumbers(metrics, ['jsonl', 'csv']) &&
    isRecord(position) &&
    hasNumbers(position, ['epoch', 'batch', 'step']) &&
    hasNumbers(position.lossSums, losses) &&
    hasNumbers(position.weightSums, losses) &&
    hasNumbers(position.absent, losses) &&
    (position.best === null ||
      hasNumbers(position.best, ['epoch', 'accuracy', 'meanIou', 'boxAccuracy', 'localizationAccuracy']));
  if (!fits) throw new Error(`checkpoint "${path}" is not of an unfinished training: its state lacks something`);
  return state as unknown as TrainingState;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNumbers(value: Json | undefined, names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}
