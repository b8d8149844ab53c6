/** What a training is given, tells and results in. */
import type { Progress, RunFolder } from '@counterpoise/training';
import type { Evaluation } from './evaluator.js';
import type { Best } from './progress-state.js';
import type { TrainingData } from './training-data.js';

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
