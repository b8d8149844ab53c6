/** What a display of progress is told, and how it is set up. */
import type { Writable } from 'node:stream';
import type { RateMeter } from './rate.js';
import type { EpochValues } from './records.js';

type Values = Readonly<Record<string, number>>;

export interface ProgressOptions {
  /** `auto` (default): live on a terminal, plain lines elsewhere. */
  readonly mode?: 'auto' | 'json' | 'quiet';
  /** Default process.stdout. On a terminal it has `isTTY` and `columns`. */
  readonly stream?: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Epochs of the whole training. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Optimiser steps done before, in a resumed run. Default 0. */
  readonly stepsDone?: number;
  /** What is counted for the rate. Default "images". */
  readonly unit?: string;
  /** How metrics are called on the screen, by name, for example `{ meanIou: 'mean IoU' }`; JSON keeps their names. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Clock in milliseconds. Default performance.now. */
  readonly now?: () => number;
  /** Default process.env. NO_COLOR (https://no-color.org) and TERM=dumb are honoured. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface StepProgress {
  /** From 1. */
  readonly epoch: number;
  /** Step in this epoch, from 1. */
  readonly step: number;
  /** Images (or whatever `unit` says) in this step. */
  readonly count: number;
  /** Raw losses by name. */
  readonly losses: Values;
  readonly weights: Values;
}

/** Means of the epoch, and its validation. */
export type EpochProgress = Omit<EpochValues, 'step'>;

export interface Progress {
  step(progress: StepProgress): void;
  /** Validation after the epoch has come to `done` of `total` batches. */
  validation(done: number, total: number): void;
  /** Call it after validation and checkpoint, so that their time is counted. */
  epoch(progress: EpochProgress): void;
  /** A line for the reader, for example where the run folder is; in JSON mode `{"event":"message","text":...}`. */
  message(text: string): void;
  /** Takes the live line away. Call it at the end, and before an error is printed. */
  finish(): void;
}

type Settled = 'epochs' | 'stepsPerEpoch' | 'unit' | 'labels' | 'stream' | 'now';

/** The options with their defaults. */
export interface Settings extends Required<Pick<ProgressOptions, Settled>> {
  readonly meter: RateMeter;
  readonly color: boolean;
}
